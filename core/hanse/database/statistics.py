"""Keep the planner informed while tables grow fast.

PostgreSQL counts a table in the background, minutes after rows arrive.  Until then it knows nothing of a new table, and
for (company_id, id), as foreign keys ask for every row, it may choose any index that begins with the company and read
the whole company each time.  So whoever inserts many rows at once has the table counted as soon as it has doubled.
"""

from __future__ import annotations

#: Fewer rows at once are not worth the question.
MANY = 100

#: Function of the kernel's migrations: counts a table that has doubled since it was last counted.  A tenth of the usual
#: sample is enough to tell one index from another; PostgreSQL itself counts better later.
FUNCTION = (
    "CREATE OR REPLACE FUNCTION hanse_count(name regclass) RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
    "SET search_path = public SET default_statistics_target = 10 AS $body$ BEGIN "
    "IF pg_relation_size(name) > 65536 + 2 * current_setting('block_size')::bigint * "
    "(SELECT relpages FROM pg_class WHERE oid = name) THEN "
    "EXECUTE format('LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE NOWAIT', name); "
    "EXECUTE format('ANALYZE %s', name); "
    "END IF; "
    "EXCEPTION WHEN lock_not_available THEN NULL; "  # somebody else is counting it
    "END $body$"
)
