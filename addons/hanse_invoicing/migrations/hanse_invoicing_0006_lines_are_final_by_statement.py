"""Lines are final by statement."""

from alembic import op

revision = 'hanse_invoicing_0006'
down_revision = 'hanse_invoicing_0005'
branch_labels = None
depends_on = 'hanse_finance_0009'


def upgrade() -> None:
    op.for_roles('DROP TRIGGER line_is_final ON invoicing_invoice_line')
    op.for_roles('DROP FUNCTION invoicing_invoice_line_line_is_final()')
    op.for_roles("CREATE OR REPLACE FUNCTION invoicing_invoice_line_line_is_final_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $body$ BEGIN IF EXISTS (SELECT FROM fresh l JOIN invoicing_invoice i ON i.id = l.invoice_id AND i.company_id = l.company_id WHERE i.state = 'posted') THEN RAISE EXCEPTION 'hanse:line_is_final' USING ERRCODE = 'HA001', TABLE = 'invoicing_invoice_line'; END IF; RETURN NULL; END $body$")
    op.for_roles('CREATE TRIGGER line_is_final_insert AFTER INSERT ON invoicing_invoice_line REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION invoicing_invoice_line_line_is_final_insert()')
    op.for_roles("CREATE OR REPLACE FUNCTION invoicing_invoice_line_line_is_final_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $body$ BEGIN IF EXISTS (SELECT FROM stale l JOIN invoicing_invoice i ON i.id = l.invoice_id AND i.company_id = l.company_id WHERE i.state = 'posted') THEN RAISE EXCEPTION 'hanse:line_is_final' USING ERRCODE = 'HA001', TABLE = 'invoicing_invoice_line'; END IF; IF EXISTS (SELECT FROM fresh l JOIN invoicing_invoice i ON i.id = l.invoice_id AND i.company_id = l.company_id WHERE i.state = 'posted') THEN RAISE EXCEPTION 'hanse:line_is_final' USING ERRCODE = 'HA001', TABLE = 'invoicing_invoice_line'; END IF; RETURN NULL; END $body$")
    op.for_roles('CREATE TRIGGER line_is_final_update AFTER UPDATE ON invoicing_invoice_line REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION invoicing_invoice_line_line_is_final_update()')
    op.for_roles("CREATE OR REPLACE FUNCTION invoicing_invoice_line_line_is_final_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $body$ BEGIN IF EXISTS (SELECT FROM stale l JOIN invoicing_invoice i ON i.id = l.invoice_id AND i.company_id = l.company_id WHERE i.state = 'posted') THEN RAISE EXCEPTION 'hanse:line_is_final' USING ERRCODE = 'HA001', TABLE = 'invoicing_invoice_line'; END IF; RETURN NULL; END $body$")
    op.for_roles('CREATE TRIGGER line_is_final_delete AFTER DELETE ON invoicing_invoice_line REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION invoicing_invoice_line_line_is_final_delete()')


def downgrade() -> None:
    op.for_roles('DROP TRIGGER line_is_final_insert ON invoicing_invoice_line')
    op.for_roles('DROP FUNCTION invoicing_invoice_line_line_is_final_insert()')
    op.for_roles('DROP TRIGGER line_is_final_update ON invoicing_invoice_line')
    op.for_roles('DROP FUNCTION invoicing_invoice_line_line_is_final_update()')
    op.for_roles('DROP TRIGGER line_is_final_delete ON invoicing_invoice_line')
    op.for_roles('DROP FUNCTION invoicing_invoice_line_line_is_final_delete()')
    op.for_roles("CREATE OR REPLACE FUNCTION invoicing_invoice_line_line_is_final() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $body$ BEGIN IF EXISTS (SELECT FROM invoicing_invoice i WHERE i.id IN (OLD.invoice_id, NEW.invoice_id) AND i.state = 'posted') THEN RAISE EXCEPTION 'hanse:line_is_final' USING ERRCODE = 'HA001', TABLE = 'invoicing_invoice_line'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $body$")
    op.for_roles('CREATE TRIGGER line_is_final BEFORE INSERT OR UPDATE OR DELETE ON invoicing_invoice_line FOR EACH ROW EXECUTE FUNCTION invoicing_invoice_line_line_is_final()')
