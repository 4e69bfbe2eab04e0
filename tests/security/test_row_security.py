"""The second wall: what the app role sees and may do in raw SQL, whatever the program forgets.

The cases are those of the tenancy specification: no setting, another company, owner, insert, append-only, keys.
"""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from hanse.database.policies import is_scoped
from hanse.models import AppendOnly, declared_models, metadata
from hanse.testing import TrialDatabase

#: Tables whose rows belong to no company: what all share, and what is needed before a company is known.
OPEN = {
    "core_activity_kind",
    "core_company",
    "core_country",
    "core_currency",
    "core_device",
    "core_job",
    "core_job_progress",
    "core_login_attempt",
    "core_merged",
    "core_recovery_code",
    "core_role",
    "core_role_permission",
    "core_schedule",
    "core_second_factor",
    "core_session",
    "core_sign_in_identity",
    "core_sign_in_link",
    "core_submission",
    "core_api_request",
    "core_api_token",
    "core_upload",
    "core_user",
    "core_user_role",
    "library_reader",
}
BOOK = "INSERT INTO library_book (company_id, code, title) VALUES (:company, :title, :title)"


@pytest.fixture
def raw(database: TrialDatabase):
    """A bare connection of the app role with three companies of which 7 and 8 have a book each."""
    with database.engine.connect() as connection, connection.begin() as transaction:
        currency = connection.scalar(text("SELECT id FROM core_currency WHERE code = 'CNY'"))
        for company in (7, 8):
            connection.execute(
                text("INSERT INTO core_company (id, name, currency_id) VALUES (:id, :name, :currency)"),
                {"id": company, "name": f"Company {company}", "currency": currency},
            )
            tell(connection, {company}, company)
            connection.execute(text(BOOK), {"company": company, "title": f"Book of {company}"})
        yield connection
        transaction.rollback()


def tell(connection, companies, company):
    array = "{" + ",".join(map(str, companies)) + "}"
    connection.execute(
        text("SELECT set_config('hanse.companies', :all, true), set_config('hanse.company', :own, true)"),
        {"all": array, "own": str(company)},
    )


def titles(connection):
    return list(connection.scalars(text("SELECT title FROM library_book ORDER BY title")))


def test_the_app_role_owns_nothing_and_bypasses_nothing(raw):
    row = raw.execute(
        text("SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user")
    )
    assert tuple(row.one()) == (False, False, False, False)
    assert raw.scalar(text("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")) == 0


def test_without_a_setting_reading_is_an_error_and_not_everything(database):
    with database.engine.connect() as connection, pytest.raises(DBAPIError, match=r"hanse\.companies|malformed array"):
        connection.execute(text("SELECT title FROM library_book"))


def test_a_company_sees_its_own_rows_only(raw):
    tell(raw, {7}, 7)
    assert titles(raw) == ["Book of 7"]
    tell(raw, {7, 8}, 7)
    assert titles(raw) == ["Book of 7", "Book of 8"]
    tell(raw, set(), 7)
    assert titles(raw) == []


@pytest.mark.parametrize("statement", [BOOK, "UPDATE library_book SET company_id = :company WHERE company_id = 7"])
def test_writing_for_another_company_is_refused(raw, statement):
    tell(raw, {7, 8}, 7)
    with pytest.raises(DBAPIError, match="row-level security"):
        raw.execute(text(statement), {"company": 8, "title": "Theirs"})


@pytest.mark.parametrize("statement", ["UPDATE library_book SET title = 'Ours'", "DELETE FROM library_book"])
def test_rows_of_a_company_that_is_only_read_are_not_changed(raw, statement):
    tell(raw, {7, 8}, 7)
    assert raw.execute(text(statement)).rowcount == 1
    tell(raw, {8}, 8)
    assert titles(raw) == ["Book of 8"]


def test_a_key_cannot_reach_into_another_company(raw):
    tell(raw, {8}, 8)
    theirs = raw.scalar(text("SELECT id FROM library_book"))
    tell(raw, {7, 8}, 7)
    with pytest.raises(DBAPIError, match="fk_library_copy_book_id"):
        raw.execute(
            text("INSERT INTO library_copy (company_id, book_id, barcode) VALUES (7, :book, 'x')"), {"book": theirs}
        )


def test_the_same_title_in_two_companies_betrays_nothing(raw):
    """A unique index across companies would tell that somebody else has a row."""
    tell(raw, {7}, 7)
    raw.execute(text(BOOK), {"company": 7, "title": "Book of 8"})
    assert titles(raw) == ["Book of 7", "Book of 8"]


def test_the_search_function_gives_no_more_than_it_is_asked_for(raw):
    """It runs as the owner, so what it finds passes through visible(); it is asked for the person's companies."""
    tell(raw, {7}, 7)
    asked = '{"words": [{"text": ["%book%"], "sounds": [], "hanzi": ""}]}'
    found = raw.scalars(text("SELECT find_library_book('{7}', :asked, 100)"), {"asked": asked}).all()
    assert len(found) == 1


def test_the_owner_sees_everything_by_a_policy_of_its_own(database):
    engine = create_engine(database.owner_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM core_company_addon")) > 0
        forced = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity")
        )
        assert forced.all() == []
    engine.dispose()


def test_exactly_the_expected_tables_have_no_policy(database):
    engine = create_engine(database.owner_url)
    with engine.connect() as connection:
        without = set(
            connection.scalars(
                text(
                    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
                    " "
                    "AND NOT relrowsecurity"
                )
            )
        )
    engine.dispose()
    ours = {name for name in without if name.startswith(("core_", "library_", "reviews_", "hanse_"))}
    assert ours - {"hanse_revision"} == OPEN
    assert not {name for name in without if name in metadata.tables and is_scoped(metadata.tables[name])}


def test_views_that_could_leak_are_not_there(raw):
    """A view runs as its owner unless it says security_invoker, and a materialized one always."""
    leaks = raw.scalars(
        text(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND (relkind = 'm' "
            "OR relkind = 'v' AND NOT coalesce(reloptions::text LIKE '%security_invoker=true%', false))"
        )
    ).all()
    assert leaks == []


def append_only_tables() -> list[str]:
    return sorted(
        model.__tablename__
        for model in declared_models
        if any(isinstance(rule, AppendOnly) for rule in model.__rules__)
    )


def test_append_only_tables_cannot_be_changed_by_the_app_and_not_by_the_owner(database):
    tables = append_only_tables()
    assert {"core_audit", "core_audit_seal", "library_visit"} <= set(tables)
    with database.engine.connect() as connection:
        for table in tables:
            for verb in ("UPDATE", "DELETE", "TRUNCATE"):
                held = connection.scalar(
                    text("SELECT has_table_privilege(:table, :verb)"), {"table": table, "verb": verb}
                )
                assert not held, (table, verb)


def test_a_trigger_keeps_append_only_rows_from_the_owner_too(database):
    engine = create_engine(database.owner_url)
    with engine.connect() as connection:
        company = connection.scalar(text("SELECT min(id) FROM core_company"))
        user = connection.scalar(text("SELECT min(id) FROM core_user"))
        values = {"company": company, "user": user}
        insert = (
            "INSERT INTO core_audit (company_id, run, at, user_id, via, action, model, record, changes) "
            "VALUES (:company, 'r', now(), :user, 'web', 'x', 'x', 1, '{}')"
        )
        for change in ("UPDATE core_audit SET action = 'undone'", "DELETE FROM core_audit"):
            connection.execute(text(insert), values)
            with pytest.raises(DBAPIError, match="core_audit rows are never changed or deleted"):
                connection.execute(text(change))
            connection.rollback()
    engine.dispose()


def test_the_app_cannot_alter_or_create_tables(database):
    for statement in (
        "CREATE TABLE sneaky (id int)",
        "ALTER TABLE library_book DISABLE ROW LEVEL SECURITY",
        "DROP TABLE library_book",
    ):
        with (
            database.engine.connect() as connection,
            pytest.raises(DBAPIError, match="permission denied|must be owner"),
        ):
            connection.execute(text(statement))


def test_identity_switches_of_the_setting_last_one_transaction(database):
    """A connection that goes back to the pool remembers no company."""
    with database.engine.connect() as connection:
        tell(connection, {1}, 1)
        connection.execute(text("SELECT count(*) FROM library_book"))
        connection.commit()
        with pytest.raises(DBAPIError, match=r"hanse\.companies|malformed array"):
            connection.execute(text("SELECT count(*) FROM library_book"))
