"""Alembic's environment: the connection and the metadata are handed in by hanse.database.migrations."""

from alembic import context

from hanse.models import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_type=True,
    include_object=context.config.attributes.get("include_object"),
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
