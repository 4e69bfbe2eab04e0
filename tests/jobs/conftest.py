"""One database for all tests of jobs, which may commit; emptied of jobs before each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from job_house import House
from job_samples import EFFECT_TABLE, in_the_middle

from hanse.files import FolderStore
from hanse.testing.databases import Databases, TrialDatabase

EMPTY = "TRUNCATE core_job, core_job_progress, core_schedule, effect"


@pytest.fixture(scope="session")
def jobs_database(databases: Databases) -> Iterator[TrialDatabase]:
    with databases.copy() as database:
        with psycopg.connect(database.owner_url.replace("+psycopg", ""), autocommit=True) as owner:
            owner.execute(EFFECT_TABLE)
            # A job that waits for itself must fail its test, not hang it.
            owner.execute(f"ALTER DATABASE {database.name} SET lock_timeout = '5s'")
        yield database


@pytest.fixture
def house(jobs_database: TrialDatabase, tmp_path: Path) -> House:
    with psycopg.connect(jobs_database.owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute(EMPTY)
    in_the_middle.clear()
    return House(jobs_database, FolderStore(tmp_path / "files"))
