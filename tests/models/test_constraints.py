"""What the database keeps, whoever writes to it."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from hanse.actions import system_context
from hanse.directory.founding import found_company


@pytest.fixture
def sql(library):
    """Run SQL as the app role, in a savepoint."""

    def run(statement, **values):
        with library.ctx.session.begin_nested():
            return library.ctx.session.connection().execute(text(statement), values)

    return run


def test_a_choice_is_text_with_a_check(library, sql):
    book = library.book(genre="children's")
    assert sql("SELECT genre FROM library_book").scalar() == "children's"
    with pytest.raises(IntegrityError, match="genre_choice"):
        sql("UPDATE library_book SET genre = 'cookery' WHERE id = :id", id=book.id)


def test_a_unique_rule_holds_only_where_it_says(library, sql):
    book = library.book()
    again = "INSERT INTO library_book (company_id, code, title, active) VALUES (:company, 'X', 'Momo', :active)"
    sql(again, company=library.ctx.company.id, active=False)
    with pytest.raises(IntegrityError, match="uq_library_book"):
        sql(again, company=library.ctx.company.id, active=True)
    assert book.active


def test_a_check_rule_is_a_check_of_the_table(library, sql):
    book = library.book()
    with pytest.raises(IntegrityError, match="pages_positive"):
        sql("UPDATE library_book SET pages = 0 WHERE id = :id", id=book.id)


def test_defaults_hold_for_rows_that_other_code_inserts(library, sql):
    sql(
        "INSERT INTO library_book (company_id, code, title) VALUES (:company, 'X', 'Bare')",
        company=library.ctx.company.id,
    )
    row = sql("SELECT genre, active, verdict, rev FROM library_book WHERE title = 'Bare'").one()
    assert tuple(row) == ("novel", True, "none yet", 1)


def test_a_link_between_companies_is_refused_by_the_key(library, sql):
    """The key carries the company, as foreign key checks ignore row security."""
    other = found_company(library.ctx.session, library.ctx.user, {"name": "Other", "currency": "EUR"}, addons=[])
    shelf = sql(
        "INSERT INTO library_shelf (company_id, name) VALUES (:company, 'Theirs') RETURNING id",
        company=other.company.id,
    ).scalar()
    system_context(library.ctx.session, library.ctx.user, library.ctx.company.id, via="test")
    with pytest.raises(IntegrityError, match="fk_library_book_shelf_id"):
        sql(
            "INSERT INTO library_book (company_id, code, title, shelf_id) VALUES (:company, 'X', 'Stolen', :shelf)",
            company=library.ctx.company.id,
            shelf=shelf,
        )


def test_set_null_clears_the_link_and_leaves_the_company(library, sql):
    shelf = library.create("shelf", name="High")
    book = library.book(shelf=shelf)
    sql("DELETE FROM library_shelf WHERE id = :id", id=shelf.id)
    row = sql("SELECT shelf_id, company_id FROM library_book WHERE id = :id", id=book.id).one()
    assert tuple(row) == (None, library.ctx.company.id)


def test_a_record_in_use_cannot_be_deleted(library, sql):
    loan = library.loan()
    with pytest.raises(IntegrityError, match="fk_library_loan"):
        sql("DELETE FROM library_book WHERE id = :id", id=loan.book.id)


def test_lines_with_cascade_go_with_their_record(library, sql):
    book = library.book(copies=[{"barcode": "1"}])
    sql("DELETE FROM library_book WHERE id = :id", id=book.id)
    assert sql("SELECT count(*) FROM library_copy").scalar() == 0


def test_indexes_of_companies_own_tables_lead_with_the_company(library, sql):
    rows = sql(
        "SELECT c.relname FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid "
        "JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'company_id' "
        "WHERE t.relkind = 'r' AND NOT i.indisprimary AND c.relname !~ '^(trgm|pinyin)_' AND i.indkey[0] <> a.attnum "
        "AND t.relforcerowsecurity"
    ).scalars()
    assert list(rows) == []
