"""Lighter entries of the audit log: their changes as text, and one look at the company for all that a run writes.

Every entry is written anew, so the log needs its own size on the disk once more for as long as this takes.  What was
sealed before stays valid, as the text of its changes is what was hashed.  After a downgrade it is not: entries written
since then are told as changed.
"""

from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = 'hanse_0016'
down_revision = 'hanse_0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint('fk_core_audit_company_id', 'core_audit', type_='foreignkey')
    op.alter_column('core_audit', 'changes', existing_type=postgresql.JSONB(astext_type=Text()), type_=postgresql.JSON(astext_type=Text()), existing_nullable=False, postgresql_using='changes::text::json')
    op.for_roles("CREATE OR REPLACE FUNCTION hanse_audit_digest(core_audit) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $body$ SELECT encode(sha256(convert_to(left(jsonb_build_array($1.company_id, $1.rev, $1.run, $1.outer_run, extract(epoch FROM $1.at), $1.user_id, $1.behalf_id, $1.via, $1.action, $1.model, $1.record)::text, -1) || ', ' || $1.changes::text || ']', 'UTF8')), 'hex') $body$")
    op.for_roles("CREATE OR REPLACE FUNCTION core_audit_of_company() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $body$ DECLARE company bigint; BEGIN company := nullif(current_setting('hanse.company', true), ''); PERFORM FROM core_company WHERE id = company FOR KEY SHARE; IF company IS NOT NULL AND NOT FOUND THEN RAISE EXCEPTION 'hanse:no_company there is no company %', company USING ERRCODE = 'HA001'; END IF; RETURN NULL; END $body$")
    op.for_roles('CREATE TRIGGER of_company BEFORE INSERT ON core_audit FOR EACH STATEMENT EXECUTE FUNCTION core_audit_of_company()')
    op.for_roles("CREATE OR REPLACE FUNCTION core_company_logged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $body$ BEGIN IF EXISTS (SELECT FROM core_audit WHERE company_id = OLD.id) THEN RAISE EXCEPTION 'hanse:company_logged core_audit tells of company %', OLD.id USING ERRCODE = 'HA001'; END IF; RETURN OLD; END $body$")
    op.for_roles('CREATE TRIGGER logged BEFORE DELETE ON core_company FOR EACH ROW EXECUTE FUNCTION core_company_logged()')


def downgrade() -> None:
    op.execute('DROP TRIGGER logged ON core_company')
    op.execute('DROP FUNCTION core_company_logged()')
    op.execute('DROP TRIGGER of_company ON core_audit')
    op.execute('DROP FUNCTION core_audit_of_company()')
    op.alter_column('core_audit', 'changes', existing_type=postgresql.JSON(astext_type=Text()), type_=postgresql.JSONB(astext_type=Text()), existing_nullable=False, postgresql_using='changes::jsonb')
    op.for_roles("CREATE OR REPLACE FUNCTION hanse_audit_digest(core_audit) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $body$ SELECT encode(sha256(convert_to(jsonb_build_array($1.company_id, $1.rev, $1.run, $1.outer_run, extract(epoch FROM $1.at), $1.user_id, $1.behalf_id, $1.via, $1.action, $1.model, $1.record, $1.changes)::text, 'UTF8')), 'hex') $body$")
    op.create_foreign_key('fk_core_audit_company_id', 'core_audit', 'core_company', ['company_id'], ['id'])
