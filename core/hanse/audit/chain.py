"""The chain of hashes over the audit log, as functions of the database: what an entry says, what a seal says, sealing.

Hashing in SQL leaves the entries where they are, has one definition for sealing and verifying, and lets the app role
call a sealer that it could not be itself: seals are written by the owner's function only.

What is hashed is the text of a jsonb array: jsonb writes keys, numbers and blanks in one way, moments go in as seconds
since 1970, so that neither time zone nor date style of a session plays a part.  The changes of an entry end it just as
they stand there; those from before they were kept as text stand there as jsonb wrote them.

Which entries may be sealed: ids are not in the order of commits, so a seal names the ids it binds.  An entry is taken
when its transaction is older than every one that runs (its xmin lies outside what the snapshot calls running), so that
the chain follows the ids except where transactions overlap.  Only ids above ``complete`` are looked at.  A trigger
gives every writing transaction its number before it draws ids; so once all that ran when ids up to ``drawn`` were out
have ended (all below ``until``), no such id can still come, and the next sealing has them all.  A snapshot does not
tell of the youngest transactions, their locks in pg_locks do.

xmin has 32 bits: it is compared within the window between the oldest running transaction and the end of the snapshot;
what is visible and lies outside is settled, frozen or not.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

#: The hash before the first seal.
FIRST = "0" * 64

DIGEST = (
    "CREATE FUNCTION hanse_audit_digest(core_audit) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $body$ "
    "SELECT encode(sha256(convert_to(left(jsonb_build_array($1.company_id, $1.rev, $1.run, $1.outer_run, "
    "extract(epoch FROM $1.at), $1.user_id, $1.behalf_id, $1.via, $1.action, $1.model, $1.record)::text, -1) "
    "|| ', ' || $1.changes::text || ']', 'UTF8')), 'hex') $body$"
)
HASH = (
    "CREATE FUNCTION hanse_audit_hash(core_audit_seal) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $body$ "
    "SELECT encode(sha256(convert_to(jsonb_build_array($1.company_id, $1.position, $1.sealed_on, "
    "extract(epoch FROM $1.sealed_at), $1.entries, $1.total, $1.last, $1.complete, $1.drawn, $1.until, "
    "$1.previous)::text, 'UTF8')), 'hex') $body$"
)
SEAL = """
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
END $body$"""
#: Functions of the migration, in the order they are made, with who may call them.
FUNCTIONS = (
    DIGEST,
    HASH,
    SEAL,
    "REVOKE ALL ON FUNCTION hanse_audit_seal(bigint) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION hanse_audit_seal(bigint) TO {app}",
)

_SEAL = text("SELECT hanse_audit_seal(:most)")


def seal(session: Session, *, most: int) -> int:
    """Seal entries of the session's company that are settled and not sealed yet, the oldest first; give their number.

    It stops once ``most`` are sealed.  Zero too when another process is sealing: that one does the work.
    """
    sealed: int = session.execute(_SEAL, {"most": most}).scalar_one()
    return sealed
