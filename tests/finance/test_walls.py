"""What the books may rely on when somebody goes past the service: rules the database itself keeps, for both roles."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

POSTED = "hanse:posted_is_final"
LINES = "hanse:line_is_final"

ANOTHER_LINE = """
    INSERT INTO finance_voucher_line
        (company_id, voucher_id, number, day, summary, account_id, debit, currency_id, base)
    SELECT company_id, voucher_id, 9, day, summary, account_id, 0, currency_id, 0
    FROM finance_voucher_line WHERE voucher_id = :id LIMIT 1
"""
POST = """
    UPDATE finance_voucher SET state = 'posted', number = 1, auditor_id = :auditor, posted_at = now() WHERE id = :id
"""
BORN_POSTED = """
    INSERT INTO finance_voucher
        (company_id, day, period_id, word_id, number, provisional, state, kind, summary, total, attachments,
         maker_id, auditor_id, posted_at)
    SELECT company_id, day, period_id, word_id, 50, 50, 'posted', kind, summary, total, 0,
           maker_id, auditor_id, posted_at
    FROM finance_voucher WHERE id = :id
"""
LINES_LIKE = """
    INSERT INTO finance_voucher_line
        (company_id, voucher_id, number, day, summary, account_id, debit, credit, currency_id, base)
    SELECT l.company_id, f.id, l.number, l.day, l.summary, l.account_id, {debit}, l.credit, l.currency_id,
           coalesce({debit}, -l.credit)
    FROM finance_voucher_line l, fresh f WHERE l.voucher_id = :id
"""
PRINTED = """
    INSERT INTO finance_voucher_print (company_id, voucher_id, user_id, at) VALUES (:company, :id, :user, now())
"""
#: what is tried on the posted voucher :id, and what the database says
TAMPERING = [
    ("UPDATE finance_voucher SET day = day + 1 WHERE id = :id", POSTED),
    ("UPDATE finance_voucher SET maker_id = auditor_id, auditor_id = maker_id WHERE id = :id", POSTED),
    ("UPDATE finance_voucher SET state = 'draft', number = NULL WHERE id = :id", POSTED),
    ("UPDATE finance_voucher SET number = 99 WHERE id = :id", POSTED),
    ("DELETE FROM finance_voucher WHERE id = :id", POSTED),
    (
        "UPDATE finance_voucher_line SET debit = debit + 1, base = base + 1 WHERE voucher_id = :id AND debit > 0",
        LINES,
    ),
    (
        "UPDATE finance_voucher_line SET account_id = (SELECT min(id) FROM finance_account) WHERE voucher_id = :id",
        LINES,
    ),
    ("UPDATE finance_voucher_line SET voucher_id = :other WHERE voucher_id = :id", LINES),
    ("UPDATE finance_voucher_line SET voucher_id = :id WHERE voucher_id = :other", LINES),
    ("DELETE FROM finance_voucher_line WHERE voucher_id = :id", LINES),
    (ANOTHER_LINE, LINES),
]


def refusal(execute, sql: str, **params: int) -> str:
    """Give the message of the database's refusal."""
    with pytest.raises(DBAPIError) as error:
        execute(text(sql), params)
    return str(error.value.orig)


@pytest.mark.parametrize(("sql", "refused"), TAMPERING)
def test_the_application_cannot_change_what_is_posted(ledger, sql, refused):
    posted, draft = ledger.posted(), ledger.voucher()
    with ledger.maker.session.begin_nested() as savepoint:
        assert refused in refusal(ledger.maker.session.execute, sql, id=posted.id, other=draft.id)
        savepoint.rollback()
    assert ledger.trial() == {"1001": ("0", "100", "0", "100"), "5001": ("0", "0", "100", "-100")}


def test_the_owner_of_the_tables_cannot_change_what_is_posted_either(on_disk, as_owner):
    with on_disk() as ledger:
        posted, draft = ledger.posted().id, ledger.voucher().id
    for sql, refused in TAMPERING:
        with as_owner() as connection, connection.begin_nested() as savepoint:
            assert refused in refusal(connection.execute, sql, id=posted, other=draft)
            savepoint.rollback()
    with on_disk() as ledger:
        assert ledger.differences() == []


def test_a_draft_can_be_changed_by_hand(ledger):
    """So that the refusals above are about being posted, not about the statements."""
    draft, other = ledger.voucher(), ledger.voucher()
    for sql, _refused in TAMPERING[:1] + TAMPERING[5:]:
        ledger.maker.session.execute(text(sql), {"id": draft.id, "other": other.id})


@pytest.mark.parametrize(
    ("sql", "refused"),
    [
        ("UPDATE finance_voucher SET auditor_id = maker_id WHERE id = :id", "auditor"),
        (
            POST.replace(":auditor", "maker_id"),
            "auditor",
        ),
        ("UPDATE finance_voucher SET state = 'posted', number = 1 WHERE id = :id", "posted"),
        (
            "UPDATE finance_voucher SET state = 'posted', auditor_id = :other, posted_at = now() WHERE id = :id",
            "posted",
        ),
        ("UPDATE finance_voucher SET number = 7 WHERE id = :id", "posted"),
        ("UPDATE finance_voucher SET attachments = -1 WHERE id = :id", "attachments"),
        ("UPDATE finance_voucher_line SET credit = debit WHERE voucher_id = :id AND debit IS NOT NULL", "one_side"),
        ("UPDATE finance_voucher_line SET debit = NULL WHERE voucher_id = :id", "one_side"),
        ("UPDATE finance_voucher_line SET foreign_amount = 1 WHERE voucher_id = :id", "foreign"),
        ("UPDATE finance_voucher SET company_id = company_id + 1 WHERE id = :id", "row-level security"),
    ],
)
def test_the_database_keeps_the_rules_of_a_voucher(ledger, sql, refused):
    draft = ledger.voucher()
    with ledger.maker.session.begin_nested() as savepoint:
        assert refused in refusal(ledger.maker.session.execute, sql, id=draft.id, other=ledger.auditor.user.id)
        savepoint.rollback()


def test_an_unbalanced_voucher_is_not_posted_by_hand(ledger):
    draft = ledger.voucher()
    session = ledger.maker.session
    session.execute(
        text("UPDATE finance_voucher_line SET base = base + 0.01 WHERE voucher_id = :id AND debit IS NOT NULL"),
        {"id": draft.id},
    )
    assert "hanse:posting_balances" in refusal(session.execute, POST, id=draft.id, auditor=ledger.auditor.user.id)


def test_a_voucher_without_lines_is_not_posted_by_hand(ledger):
    draft = ledger.voucher()
    session = ledger.maker.session
    session.execute(text("DELETE FROM finance_voucher_line WHERE voucher_id = :id"), {"id": draft.id})
    assert "hanse:posting_balances" in refusal(session.execute, POST, id=draft.id, auditor=ledger.auditor.user.id)


def test_a_voucher_is_not_born_posted_without_lines(ledger):
    posted = ledger.posted()
    assert "hanse:posting_balances" in refusal(ledger.maker.session.execute, BORN_POSTED, id=posted.id)


@pytest.mark.parametrize(("debit", "refused"), [("l.debit", None), ("l.debit + 0.01", "hanse:posting_balances")])
def test_a_voucher_is_born_posted_with_lines_that_balance(ledger, debit, refused):
    """In one statement, as importers write them."""
    posted, session = ledger.posted(), ledger.maker.session
    both = f"WITH fresh AS ({BORN_POSTED} RETURNING id) {LINES_LIKE.format(debit=debit)}"
    if refused:
        assert refused in refusal(session.execute, both, id=posted.id)
    else:
        session.execute(text(both), {"id": posted.id})


def test_no_later_statement_brings_a_line_to_a_voucher_born_posted(ledger):
    """Also not in the transaction in which it was born, nor at the same place among the commands of another one."""
    posted, session = ledger.posted(), ledger.maker.session
    both = f"WITH fresh AS ({BORN_POSTED} RETURNING id) {LINES_LIKE.format(debit='l.debit')} RETURNING voucher_id"
    born = session.execute(text(both), {"id": posted.id}).scalars().first()
    with session.begin_nested() as savepoint:
        assert LINES in refusal(session.execute, ANOTHER_LINE, id=born)
        savepoint.rollback()
    assert LINES in refusal(session.execute, ANOTHER_LINE, id=posted.id)


def test_a_line_waits_for_whoever_posts_its_voucher(on_disk, as_owner):
    """And is refused then: two connections, the one past the service."""
    with on_disk() as ledger:
        draft, auditor = ledger.voucher().id, ledger.auditor.user.id
    with as_owner() as poster, as_owner() as other:
        poster.execute(text(POST), {"id": draft, "auditor": auditor})
        other.execute(text("SET LOCAL lock_timeout = '200ms'"))
        with other.begin_nested() as savepoint:
            assert "lock timeout" in refusal(other.execute, ANOTHER_LINE, id=draft)
            savepoint.rollback()
        poster.commit()
        assert LINES in refusal(other.execute, ANOTHER_LINE, id=draft)
        other.rollback()


def test_two_vouchers_do_not_share_a_number(ledger):
    posted, second = ledger.posted(), ledger.audited()
    sql = "UPDATE finance_voucher SET state = 'posted', number = :number, posted_at = now() WHERE id = :id"
    assert "number" in refusal(ledger.maker.session.execute, sql, id=second.id, number=posted.number)


def test_prints_are_only_ever_added(ledger):
    posted = ledger.posted()
    session = ledger.maker.session
    session.execute(
        text(PRINTED),
        {"company": ledger.maker.company.id, "id": posted.id, "user": ledger.maker.user.id},
    )
    assert "permission denied" in refusal(
        session.execute, "DELETE FROM finance_voucher_print WHERE voucher_id = :id", id=posted.id
    )
