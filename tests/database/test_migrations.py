"""Migrations bring a database up, down and up again, and leave it exactly as the models say."""

from __future__ import annotations

import re

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text

from hanse.addons import installed, is_loaded
from hanse.database import migrations
from hanse.database.migrations import MigrationError, differences, upgrade
from hanse.database.policies import every_trigger_of, statements, trigger_statements, triggers_of
from hanse.database.search import drop_statements, search_statements
from hanse.i18n import KERNEL
from hanse.models import metadata
from hanse.testing import TrialDatabase


@pytest.fixture(scope="module")
def owner(database: TrialDatabase):
    """The database of the session as its owner; every test rolls back what it does."""
    engine = create_engine(database.owner_url)
    yield engine
    engine.dispose()


@pytest.fixture
def own_engine(own_database: TrialDatabase):
    """A database of this test's own, as its owner."""
    own_database.close()
    engine = create_engine(own_database.owner_url)
    yield engine
    engine.dispose()


def test_autogenerate_finds_nothing(owner: Engine):
    with owner.connect() as connection:
        for addon in (KERNEL, *installed().addons):
            left = differences(connection, addon)
            assert left.is_empty(), f"{addon}: {left.as_diffs()}"


def test_migrating_what_is_up_to_date_does_nothing(own_database: TrialDatabase):
    assert upgrade(own_database.owner_url, own_database.url) == []


def test_what_another_needed_revision_needs_is_not_named_again():
    """Alembic fails on such a migration: partners who need contacts and the kernel would meet it."""
    scripts = ScriptDirectory.from_config(migrations._config(installed().addons))
    needed = migrations._needed(scripts, "hanse_products") or []
    before = {one: migrations._before(scripts, one) for one in needed}
    assert needed
    assert not [one for one in needed if any(one in others for others in before.values())]
    newest = {
        addon: next(one.revision for one in scripts.walk_revisions() if one.revision.rpartition("_")[0] == addon)
        for addon in (KERNEL, "hanse_contacts")
    }
    assert set(newest.values()) <= {*needed, *(one for others in before.values() for one in others)}
    assert "hanse_0014" in migrations._before(scripts, "hanse_contacts_0004")


def take_down(engine: Engine, addon: str) -> None:
    """Undo all migrations of an addon and of what needs it."""
    if not any(migrations.directory_of(addon).glob("*.py")):
        return
    config = migrations._config(installed().addons)
    with engine.begin() as connection:
        config.attributes.update(connection=connection, app_role="hanse_app")
        command.downgrade(config, f"{addon}@base")
        gone = [name for name in (KERNEL, *installed().addons) if addon in (name, KERNEL, *all_needs(name))]
        connection.execute(text("DELETE FROM hanse_revision WHERE addon = ANY(:gone)"), {"gone": gone})


def all_needs(addon: str) -> set[str]:
    needs = set(installed().addons[addon].needs) if addon in installed().addons else set()
    return needs.union(*(all_needs(need) for need in needs))


CATALOGUE = {
    "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE conrelid <> 0",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes",
    "policies": "SELECT tablename, policyname, roles::text, cmd, qual, with_check FROM pg_policies",
    "triggers": "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname, '', pg_get_functiondef(oid) FROM pg_proc "
    "WHERE pronamespace = 'public'::regnamespace AND prolang <> 13 AND prokind = 'f' AND proname NOT LIKE 'g%'",
    "grants": "SELECT relname, '', coalesce(array_to_string(ARRAY(SELECT unnest(relacl)::text ORDER BY 1), ','), '') "
    "FROM pg_class WHERE relnamespace = 'public'::regnamespace",
}


def catalogue(engine: Engine) -> dict[str, set[tuple[str, ...]]]:
    with engine.connect() as connection:
        names = "table_schema = 'public'", "schemaname = 'public'"
        found: dict[str, set[tuple[str, ...]]] = {}
        for kind, query in CATALOGUE.items():
            where = (
                f" WHERE {names[0]}"
                if kind == "columns"
                else f" WHERE {names[1]}"
                if kind in ("indexes", "policies")
                else ""
            )
            rows = connection.execute(text(query + where))
            found[kind] = {tuple(str(value) for value in row) for row in rows if "alembic" not in str(row[0])}
        return found


@pytest.mark.parametrize("addon", [KERNEL, *(installed().addons if is_loaded() else ())])
def test_each_addon_goes_down_and_up_again(own_engine: Engine, own_database: TrialDatabase, addon: str):
    """Down to before the addon, with whatever depends on it; then up: the catalogue is what it was."""
    before = catalogue(own_engine)
    take_down(own_engine, addon)
    down = catalogue(own_engine)
    own = {table.name for table in metadata.tables.values() if table.info["addon"] == addon}
    assert not own & {row[0] for row in down["columns"]}
    assert not [row for row in down["functions"] if row[0].startswith(tuple(f"{name}_" for name in own))]
    upgrade(own_database.owner_url, own_database.url)
    after = catalogue(own_engine)
    for kind in CATALOGUE:
        assert after[kind] == before[kind], kind


@pytest.mark.parametrize("kind", ["policies", "triggers", "grants"])
def test_the_database_has_the_security_that_the_models_declare(own_engine: Engine, kind: str):
    """Every table is stripped of its security, given what the models say now, and compared with what it was."""
    with own_engine.connect() as connection:
        query = text(CATALOGUE[kind] + (" WHERE schemaname = 'public'" if kind == "policies" else ""))
        tables = [table for table in metadata.sorted_tables if not table.name.startswith("test_")]
        names = {table.name for table in tables}
        before = {tuple(row) for row in connection.execute(query) if row[0] in names}
        for table in tables:
            strip(connection, table.name)
        assert {tuple(row) for row in connection.execute(query) if row[0] in names} != before
        for table in tables:
            own = {one.name for one in triggers_of(table)}
            added = [one for one in every_trigger_of(table) if one.name not in own]
            more = [statement for one in added for statement in trigger_statements(table.name, one)]
            for statement in (*statements(table), *more):
                connection.execute(text(statement.format(app="hanse_app").replace(":", r"\:")))
        assert {tuple(row) for row in connection.execute(query) if row[0] in names} == before
        connection.rollback()


def strip(connection, table: str) -> None:
    for (name,) in connection.execute(text(f"SELECT policyname FROM pg_policies WHERE tablename = '{table}'")).all():
        connection.execute(text(f"DROP POLICY {name} ON {table}"))
    triggers = f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal"
    for (name,) in connection.execute(text(triggers)).all():
        connection.execute(text(f"DROP TRIGGER {name} ON {table}"))
    connection.execute(text(f"REVOKE ALL ON {table} FROM hanse_app"))
    connection.execute(text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))


def test_what_autogenerate_does_not_see_is_found_too(own_engine: Engine):
    """A check, a choice and a trigger that the database has lost come back by the next migration."""
    with own_engine.connect() as connection:
        connection.execute(text("ALTER TABLE library_book DROP CONSTRAINT ck_library_book_pages_positive"))
        connection.execute(text("ALTER TABLE library_book DROP CONSTRAINT ck_library_book_genre_choice"))
        connection.execute(
            text("ALTER TABLE library_book ADD CONSTRAINT ck_library_book_genre_choice CHECK (genre IN ('novel'))")
        )
        connection.execute(text("DROP TRIGGER returned ON library_loan"))
        found = differences(connection, "sample_library")
        kinds = [type(one).__name__ for one in found.ops]
        assert sorted(kinds) == [
            "CreateCheckConstraintOp",
            "CreateCheckConstraintOp",
            "DropConstraintOp",
            "ForRoles",
            "ForRoles",
        ]
        assert differences(connection, "sample_reviews").is_empty(), "they are not the extension's"
        connection.execute(text("ALTER TABLE library_book DROP CONSTRAINT ck_library_book_stars_to_five"))
        assert len(differences(connection, "sample_reviews").ops) == 1
        connection.rollback()


def test_a_database_that_is_newer_than_the_code_is_refused(own_engine: Engine, own_database: TrialDatabase):
    with own_engine.begin() as connection:
        connection.execute(text("UPDATE hanse_revision SET revision = 'hanse_9999' WHERE addon = 'hanse'"))
    with pytest.raises(
        MigrationError, match=r"newer than this code: it is at revision hanse_9999 of hanse.*restore a backup"
    ):
        upgrade(own_database.owner_url, own_database.url)


def test_revisions_of_an_addon_that_was_removed_are_set_aside_and_taken_back(
    own_engine: Engine, own_database: TrialDatabase, monkeypatch: pytest.MonkeyPatch
):
    before = catalogue(own_engine)
    kept = {
        name: one for name, one in installed().addons.items() if name != "sample_bridge" and name != "sample_reviews"
    }
    with monkeypatch.context() as patch:
        patch.setattr(installed(), "addons", kept)
        assert upgrade(own_database.owner_url, own_database.url) == []
    with own_engine.connect() as connection:
        noted = connection.scalar(text("SELECT revision FROM hanse_revision WHERE addon = 'sample_reviews'"))
    assert noted == "sample_reviews_0001", "where it stands is not forgotten"
    upgrade(own_database.owner_url, own_database.url)
    assert catalogue(own_engine) == before, "its tables and columns stayed"


def test_a_search_looks_into_what_addons_added_that_do_not_know_each_other(
    own_engine: Engine, own_database: TrialDatabase
):
    """The migration of the one has made the search anew without the field of the other; the upgrade ends with both."""
    reviews = metadata.tables["library_book"]
    made = text(
        "SELECT string_agg(pg_get_expr(d.adbin, d.adrelid), ' AND ' ORDER BY a.attname) FROM pg_attrdef d "
        "JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum "
        "WHERE d.adrelid = 'library_book'::regclass AND a.attname LIKE 'search_%'"
    )
    take_down(own_engine, "sample_fines")
    with own_engine.begin() as connection:
        for sql in (*drop_statements(reviews), *search_statements(reviews, {"sample_library"})):
            connection.execute(text(sql.format(app="hanse_app").replace(":", r"\:")))
        assert "verdict" not in connection.scalar(made)
    upgrade(own_database.owner_url, own_database.url)
    with own_engine.connect() as connection:
        assert connection.scalar(made).count("verdict") == 2
        assert "search_text" in connection.scalar(text("SELECT pg_get_indexdef('trgm_library_book'::regclass)"))
        assert "search_text" in connection.scalar(
            text("SELECT prosrc FROM pg_proc WHERE proname = 'find_library_book'")
        )


def test_the_app_must_not_be_the_owner(own_database: TrialDatabase):
    with pytest.raises(MigrationError, match="must not connect as the owner"):
        upgrade(own_database.owner_url, own_database.owner_url)


@pytest.mark.slow
def test_a_table_in_use_stops_a_migration_with_a_message(
    own_engine: Engine, own_database: TrialDatabase, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "200ms")
    take_down(own_engine, "sample_fines")
    with own_engine.connect() as connection:
        connection.execute(text("SELECT count(*) FROM library_book"))
        with pytest.raises(MigrationError, match="in use by somebody for more than 4 seconds"):
            upgrade(own_database.owner_url, own_database.url)
        connection.rollback()
    assert upgrade(own_database.owner_url, own_database.url)


def test_migrations_need_nothing_of_the_program():
    """A migration of two years ago must not change its meaning when the program does."""
    for addon in (KERNEL, *installed().addons):
        for path in migrations.directory_of(addon).glob("*.py"):
            assert not re.search(r"^(from|import) hanse", path.read_text(), re.MULTILINE), path
