"""Count by a smaller sample."""

from alembic import op

revision = 'hanse_0002'
down_revision = 'hanse_0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.for_roles("ALTER FUNCTION hanse_count(regclass) SET default_statistics_target = 10")


def downgrade() -> None:
    op.for_roles("ALTER FUNCTION hanse_count(regclass) RESET default_statistics_target")
