"""Seal the audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = 'hanse_0003'
down_revision = 'hanse_0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('core_audit_root',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('company_id', sa.BigInteger(), nullable=False),
    sa.Column('rev', sa.Integer(), server_default='1', nullable=False),
    sa.Column('sealed_on', sa.Date(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['company_id'], ['core_company.id'], name='fk_core_audit_root_company_id'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_core_audit_root'))
    )
    op.create_index('uq_core_audit_root_company_id_sealed_on', 'core_audit_root', ['company_id', 'sealed_on'], unique=True)
    op.create_table('core_audit_seal',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('company_id', sa.BigInteger(), nullable=False),
    sa.Column('rev', sa.Integer(), server_default='1', nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('sealed_on', sa.Date(), nullable=False),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('entries', postgresql.JSONB(astext_type=Text()), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('last', sa.BigInteger(), nullable=False),
    sa.Column('complete', sa.BigInteger(), nullable=False),
    sa.Column('drawn', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['company_id'], ['core_company.id'], name='fk_core_audit_seal_company_id'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_core_audit_seal'))
    )
    op.create_index('ix_core_audit_seal_company_id_last', 'core_audit_seal', ['company_id', 'last'], unique=False)
    op.create_index('uq_core_audit_seal_company_id_position', 'core_audit_seal', ['company_id', 'position'], unique=True)
    op.create_index('ix_core_audit_company_id_at', 'core_audit', ['company_id', 'at'], unique=False)
    op.create_index('ix_core_audit_company_id_user_id_at', 'core_audit', ['company_id', 'user_id', 'at'], unique=False)
    op.for_roles('CREATE OR REPLACE FUNCTION core_audit_numbered() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $body$ BEGIN PERFORM pg_current_xact_id(); RETURN NULL; END $body$')
    op.for_roles('CREATE TRIGGER numbered BEFORE INSERT ON core_audit FOR EACH STATEMENT EXECUTE FUNCTION core_audit_numbered()')
    op.for_roles('GRANT SELECT ON core_audit_root TO {app}')
    op.for_roles('ALTER TABLE core_audit_root ENABLE ROW LEVEL SECURITY')
    op.for_roles('ALTER TABLE core_audit_root FORCE ROW LEVEL SECURITY')
    op.for_roles('CREATE POLICY owner ON core_audit_root TO CURRENT_USER USING (true) WITH CHECK (true)')
    op.for_roles("CREATE POLICY app_select ON core_audit_root FOR SELECT TO {app} USING (company_id = ANY (current_setting('hanse.companies')::bigint[]))")
    op.for_roles("CREATE POLICY app_insert ON core_audit_root FOR INSERT TO {app} WITH CHECK (company_id = current_setting('hanse.company')::bigint)")
    op.for_roles("CREATE POLICY app_update ON core_audit_root FOR UPDATE TO {app} USING (company_id = current_setting('hanse.company')::bigint) WITH CHECK (company_id = current_setting('hanse.company')::bigint)")
    op.for_roles("CREATE POLICY app_delete ON core_audit_root FOR DELETE TO {app} USING (company_id = current_setting('hanse.company')::bigint)")
    op.for_roles("CREATE OR REPLACE FUNCTION core_audit_root_follows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $body$ BEGIN IF TG_OP = 'DELETE' OR (NEW.id, NEW.company_id, NEW.sealed_on) <> (OLD.id, OLD.company_id, OLD.sealed_on) OR NEW.position <= OLD.position OR NEW.total <= OLD.total OR EXISTS (SELECT FROM core_audit_root r WHERE r.company_id = OLD.company_id AND r.sealed_on > OLD.sealed_on) THEN RAISE EXCEPTION 'hanse:append_only core_audit_root rows are never changed or deleted' USING ERRCODE = 'HA001'; END IF; RETURN NEW; END $body$")
    op.for_roles('CREATE TRIGGER follows BEFORE UPDATE OR DELETE ON core_audit_root FOR EACH ROW EXECUTE FUNCTION core_audit_root_follows()')
    op.for_roles('GRANT SELECT ON core_audit_seal TO {app}')
    op.for_roles('ALTER TABLE core_audit_seal ENABLE ROW LEVEL SECURITY')
    op.for_roles('ALTER TABLE core_audit_seal FORCE ROW LEVEL SECURITY')
    op.for_roles('CREATE POLICY owner ON core_audit_seal TO CURRENT_USER USING (true) WITH CHECK (true)')
    op.for_roles("CREATE POLICY app_select ON core_audit_seal FOR SELECT TO {app} USING (company_id = ANY (current_setting('hanse.companies')::bigint[]))")
    op.for_roles("CREATE POLICY app_insert ON core_audit_seal FOR INSERT TO {app} WITH CHECK (company_id = current_setting('hanse.company')::bigint)")
    op.for_roles("CREATE POLICY app_update ON core_audit_seal FOR UPDATE TO {app} USING (company_id = current_setting('hanse.company')::bigint) WITH CHECK (company_id = current_setting('hanse.company')::bigint)")
    op.for_roles("CREATE POLICY app_delete ON core_audit_seal FOR DELETE TO {app} USING (company_id = current_setting('hanse.company')::bigint)")
    op.for_roles("CREATE OR REPLACE FUNCTION core_audit_seal_append_only() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $body$ BEGIN RAISE EXCEPTION 'hanse:append_only core_audit_seal rows are never changed or deleted' USING ERRCODE = 'HA001'; END $body$")
    op.for_roles('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON core_audit_seal FOR EACH ROW EXECUTE FUNCTION core_audit_seal_append_only()')
    op.for_roles("CREATE FUNCTION hanse_audit_digest(core_audit) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $body$ SELECT encode(sha256(convert_to(jsonb_build_array($1.company_id, $1.rev, $1.run, $1.outer_run, extract(epoch FROM $1.at), $1.user_id, $1.behalf_id, $1.via, $1.action, $1.model, $1.record, $1.changes)::text, 'UTF8')), 'hex') $body$")
    op.for_roles("CREATE FUNCTION hanse_audit_hash(core_audit_seal) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $body$ SELECT encode(sha256(convert_to(jsonb_build_array($1.company_id, $1.position, $1.sealed_on, extract(epoch FROM $1.sealed_at), $1.entries, $1.total, $1.last, $1.complete, $1.drawn, $1.until, $1.previous)::text, 'UTF8')), 'hex') $body$")
    op.for_roles("""
CREATE FUNCTION hanse_audit_seal(most bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public SET plan_cache_mode = force_custom_plan AS $body$
DECLARE
  size CONSTANT bigint := 1000;  -- a seal is read as a whole when one of its entries is checked
  company bigint := current_setting('hanse.company')::bigint;
  newest core_audit_seal;
  fresh core_audit_seal;
  root core_audit_root;
  running bigint[];
  snapshot pg_snapshot;
  ceiling bigint;
  horizon bigint;
  reachable bigint;
  already bigint[];
  count bigint;
  done bigint := 0;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('hanse_audit_seal', company)) THEN
    RETURN 0;
  END IF;
  SELECT * INTO newest FROM core_audit_seal WHERE company_id = company ORDER BY position DESC LIMIT 1;
  SELECT * INTO root FROM core_audit_root WHERE company_id = company ORDER BY sealed_on DESC LIMIT 1;
  IF (root.position, root.total, root.hash) IS DISTINCT FROM (newest.position, newest.total, newest.hash) THEN
    RAISE EXCEPTION 'hanse:audit_broken the chain of company % does not end where its root says', company
      USING ERRCODE = 'HA001';
  END IF;
  -- In this order: whoever has drawn one of these ids, and has not ended, holds the lock of its number by now.
  SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END INTO fresh.drawn FROM core_audit_id_seq;
  SELECT array_agg(transactionid::text::bigint) INTO running FROM pg_locks
    WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid();
  snapshot := pg_current_snapshot();
  ceiling := pg_snapshot_xmax(snapshot)::text::bigint;
  fresh.company_id := company;
  fresh.rev := 1;
  SELECT coalesce(max(ceiling + mod(number - mod(ceiling, 4294967296) + 6442450944, 4294967296) - 2147483648) + 1, 0)
    INTO fresh.until FROM unnest(running) number;
  SELECT coalesce(min(number::text::bigint), ceiling) INTO horizon FROM pg_snapshot_xip(snapshot) number
    WHERE number IS DISTINCT FROM pg_current_xact_id_if_assigned();
  SELECT drawn INTO reachable FROM core_audit_seal WHERE company_id = company AND until <= horizon
    ORDER BY position DESC LIMIT 1;
  reachable := greatest(newest.complete, reachable, CASE WHEN fresh.until <= horizon THEN fresh.drawn END, 0);
  SELECT coalesce(array_agg((entry->>0)::bigint), ARRAY[]::bigint[]) INTO already
    FROM core_audit_seal s, jsonb_array_elements(s.entries) entry
    WHERE s.company_id = company AND s.last > newest.complete;
  fresh.last := coalesce(newest.complete, 0);
  LOOP
    SELECT jsonb_agg(jsonb_build_array(id, digest) ORDER BY id), count(*), coalesce(max(id), fresh.last)
      INTO fresh.entries, count, fresh.last
      FROM (
        SELECT a.id, hanse_audit_digest(a) AS digest FROM core_audit a
        WHERE a.company_id = company AND a.id > fresh.last AND a.id <= fresh.drawn AND a.id <> ALL (already)
          AND (a.id <= reachable OR mod(a.xmin::text::bigint - mod(horizon, 4294967296) + 4294967296, 4294967296)
            >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint - horizon)
        ORDER BY a.id LIMIT size
      ) settled;
    EXIT WHEN count = 0;
    done := done + count;
    fresh.id := nextval('core_audit_seal_id_seq');
    fresh.position := coalesce(newest.position, 0) + 1;
    fresh.sealed_at := clock_timestamp();
    SELECT greatest((fresh.sealed_at AT TIME ZONE time_zone)::date, newest.sealed_on) INTO fresh.sealed_on
      FROM core_company WHERE id = company;
    fresh.total := coalesce(newest.total, 0) + count;
    fresh.complete := CASE WHEN count < size THEN reachable
      ELSE greatest(newest.complete, least(reachable, fresh.last)) END;
    fresh.previous := coalesce(newest.hash, repeat('0', 64));
    fresh.hash := hanse_audit_hash(fresh);
    INSERT INTO core_audit_seal SELECT fresh.*;
    INSERT INTO core_audit_root (company_id, sealed_on, position, total, hash)
      VALUES (company, fresh.sealed_on, fresh.position, fresh.total, fresh.hash)
      ON CONFLICT (company_id, sealed_on) DO UPDATE
      SET position = excluded.position, total = excluded.total, hash = excluded.hash, rev = core_audit_root.rev + 1;
    newest := fresh;
    EXIT WHEN count < size OR done >= most;
  END LOOP;
  RETURN done;
END $body$
""")
    op.for_roles('REVOKE ALL ON FUNCTION hanse_audit_seal(bigint) FROM PUBLIC')
    op.for_roles('GRANT EXECUTE ON FUNCTION hanse_audit_seal(bigint) TO {app}')


def downgrade() -> None:
    op.execute('DROP FUNCTION hanse_audit_seal(bigint)')
    op.execute('DROP FUNCTION hanse_audit_hash(core_audit_seal)')
    op.execute('DROP FUNCTION hanse_audit_digest(core_audit)')
    op.execute('DROP TRIGGER numbered ON core_audit')
    op.execute('DROP FUNCTION core_audit_numbered()')
    op.drop_index('ix_core_audit_company_id_user_id_at', table_name='core_audit')
    op.drop_index('ix_core_audit_company_id_at', table_name='core_audit')
    op.drop_index('uq_core_audit_seal_company_id_position', table_name='core_audit_seal')
    op.drop_index('ix_core_audit_seal_company_id_last', table_name='core_audit_seal')
    op.drop_table('core_audit_seal')
    op.drop_index('uq_core_audit_root_company_id_sealed_on', table_name='core_audit_root')
    op.drop_table('core_audit_root')
    op.execute('DROP FUNCTION IF EXISTS core_audit_seal_append_only()')
    op.execute('DROP FUNCTION IF EXISTS core_audit_root_follows()')
