"""Remember which addons were set up in a company."""

import sqlalchemy as sa
from alembic import op

revision = "hanse_0011"
down_revision = "hanse_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("core_company_addon", sa.Column("ready", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute("UPDATE core_company_addon SET ready = true")


def downgrade() -> None:
    op.drop_column("core_company_addon", "ready")
