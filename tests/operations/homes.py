"""Homes with a PostgreSQL of their own, and what a database is compared by."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from hanse.config import Settings
from hanse.database.cluster import OWNER, Cluster, Databases
from hanse.operations.backup import TABLES
from hanse.operations.programs import plain

LEDGER = Path(__file__).parents[1] / "data" / "ledgers" / "edge_cases.json"


def settings_for(home: Path, **changes: Any) -> Settings:
    return replace(Settings.load(environ={}), home=home, demo=False, default_locale="en", **changes)


@contextmanager
def fresh_home() -> Generator[Path]:
    """A home that the account of PostgreSQL reaches too."""
    home = Path(tempfile.mkdtemp(prefix="hanse-test-"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home)


@contextmanager
def fresh_databases(home: Path) -> Generator[Databases]:
    """A new, empty database in a home."""
    with Cluster(home, fsync=False) as cluster:
        yield Databases(cluster.url(), cluster.url(role=OWNER), cluster)


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(plain(url), autocommit=True) as connection:
        found = connection.execute(query.encode())
        return found.fetchall() if found.description else []


def contents(owner_url: str) -> dict[str, tuple[Any, ...]]:
    """Number of rows and a checksum of every table, whatever the order of its rows."""
    tables = [name for (name,) in ask(owner_url, TABLES)]
    count = "SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM {} AS t"
    return {name: ask(owner_url, count.format(name))[0] for name in tables}


def security(owner_url: str) -> list[tuple[Any, ...]]:
    """Policies, forced row security, grants and triggers, as the catalogue has them."""
    return [
        *ask(
            owner_url, "SELECT tablename, policyname, roles::text, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2"
        ),
        *ask(
            owner_url,
            "SELECT relname, relrowsecurity, relforcerowsecurity, "
            "array_to_string(ARRAY(SELECT unnest(relacl)::text ORDER BY 1), ',') "
            "FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') ORDER BY 1",
        ),
        *ask(
            owner_url,
            "SELECT oid::regprocedure::text, prosecdef, pg_get_userbyid(proowner), "
            "array_to_string(ARRAY(SELECT unnest(proacl)::text ORDER BY 1), ',') FROM pg_proc f "
            "WHERE pronamespace = 'public'::regnamespace "
            "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = f.oid AND d.deptype = 'e') ORDER BY 1",
        ),
        *ask(
            owner_url,
            "SELECT tgrelid::regclass::text, tgname, tgenabled::text, pg_get_triggerdef(oid) "
            "FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
        ),
    ]
