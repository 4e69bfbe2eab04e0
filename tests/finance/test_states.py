"""What bookkeepers may rely on: the way of a voucher from draft to posted and reversed, and what is refused on it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from bookkeeping import act

from hanse.errors import BusinessError, Forbidden
from hanse.i18n import speaking
from hanse_finance.models import Reversal, Voucher, VoucherState


def test_a_new_voucher_is_a_draft_of_its_maker_with_a_provisional_number(ledger):
    voucher = ledger.voucher([("1001", "100"), ("5001", "-100")], on="2025-03-10")
    assert (voucher.state, voucher.number, voucher.provisional) == (VoucherState.DRAFT, None, 1)
    assert (voucher.maker_id, voucher.period.code, voucher.total) == (ledger.maker.user.id, "2025-03", Decimal(100))


def test_a_posted_voucher_has_a_number_an_auditor_and_a_poster_and_is_in_the_trial_balance(ledger):
    voucher = ledger.posted([("1001", "100"), ("5001", "-100")])
    assert (voucher.state, voucher.number) == (VoucherState.POSTED, 1)
    assert voucher.auditor_id == voucher.poster_id == ledger.auditor.user.id
    assert ledger.trial() == {"1001": ("0", "100", "0", "100"), "5001": ("0", "0", "100", "-100")}


def test_drafts_and_audited_vouchers_are_in_no_balance(ledger):
    ledger.voucher()
    ledger.audited()
    assert ledger.trial() == {}


def test_a_batch_is_numbered_by_date_and_then_by_provisional_number(ledger):
    days = ["2025-03-20", "2025-03-05", "2025-03-20", "2025-04-01"]
    vouchers = [ledger.audited(on=day) for day in days]
    ledger.do("post", *vouchers)
    assert [ledger.read(voucher.id).number for voucher in vouchers] == [2, 1, 3, 1]


def test_who_made_a_voucher_cannot_audit_it(ledger):
    voucher = ledger.voucher()
    with pytest.raises(BusinessError, match="somebody else must audit"):
        ledger.do("audit", voucher, by=ledger.maker)
    assert ledger.read(voucher.id).state is VoucherState.DRAFT


def test_several_own_vouchers_are_refused_one_by_one(ledger):
    own, other = ledger.voucher(), ledger.voucher()
    outcome = ledger.do("audit", own, other, by=ledger.maker, partial=True)
    assert (outcome.done, set(outcome.refused)) == ((), {own.id, other.id})
    assert ledger.do("audit", own, other).done == (own.id, other.id)


def test_auditing_needs_its_permission(ledger, as_user):
    voucher = ledger.voucher()
    clerk = as_user("finance.voucher.read", "finance.voucher.create")
    with pytest.raises(Forbidden):
        ledger.do("audit", voucher, by=clerk)


def test_a_draft_is_not_posted(ledger):
    voucher = ledger.voucher()
    with pytest.raises(BusinessError, match="Audited"):
        ledger.do("post", voucher)


def test_only_who_audited_takes_it_back_or_who_has_the_right(ledger, as_user):
    voucher = ledger.audited()
    stranger = as_user("finance.voucher.read", "finance.voucher.audit")
    with pytest.raises(BusinessError, match="Somebody else audited"):
        ledger.do("unaudit", voucher, by=stranger)
    ledger.do("unaudit", voucher)
    voucher = ledger.read(voucher.id)
    assert (voucher.state, voucher.auditor_id, voucher.audited_at) == (VoucherState.DRAFT, None, None)


@pytest.mark.parametrize("how", ["audited", "posted"])
def test_what_is_audited_or_posted_is_neither_changed_nor_voided_nor_deleted(ledger, how):
    voucher = getattr(ledger, how)()
    for verb, params in (("update", {"values": {"attachments": 3}}), ("void", {}), ("delete", {})):
        with pytest.raises(BusinessError):
            ledger.do(verb, voucher, by=ledger.maker, **params)
    assert ledger.read(voucher.id).attachments == 0


def test_a_posted_voucher_is_not_unaudited(ledger):
    with pytest.raises(BusinessError):
        ledger.do("unaudit", ledger.posted())


def test_a_voided_draft_comes_back_or_is_deleted_and_leaves_no_gap(ledger):
    first, second, third = ledger.voucher(), ledger.voucher(), ledger.voucher()
    ledger.do("void", first, second, by=ledger.maker)
    with pytest.raises(BusinessError):
        ledger.audit(first)
    ledger.do("restore", first, by=ledger.maker)
    ledger.do("delete", second, by=ledger.maker)
    ledger.audit(first), ledger.audit(third)
    ledger.do("post", first, third)
    assert [ledger.read(one.id).number for one in (first, third)] == [1, 2]
    assert not ledger.maker.all(Voucher, Voucher.id == second.id)


# --- changing a draft


def test_a_changed_draft_stays_balanced(ledger):
    voucher = ledger.voucher([("1001", "100"), ("5001", "-100")])
    with pytest.raises(BusinessError, match="differ by 1"):
        ledger.do(
            "update", voucher, by=ledger.maker, values={"lines": ledger.lines([("1001", "100"), ("5001", "-99")])}
        )
    kept, gone = ledger.read(voucher.id).lines
    lines = [{"id": kept.id, "debit": Decimal(70)}, *ledger.lines([("6001", "30"), ("5001", "-100")])]
    ledger.do("update", voucher, by=ledger.maker, values={"lines": lines})
    after = ledger.read(voucher.id)
    assert [(line.number, line.account.code, line.base) for line in after.lines] == [
        (1, "1001", 70),
        (2, "6001", 30),
        (3, "5001", -100),
    ]
    assert gone.id not in [line.id for line in after.lines]
    assert after.total == 100


def test_changing_the_head_leaves_lines_as_they_are(ledger):
    voucher = ledger.voucher([("1001", "100"), ("5001", "-100")])
    before = [(line.id, line.account_id, line.debit, line.credit, line.base, line.summary) for line in voucher.lines]
    ledger.do("update", voucher, by=ledger.maker, values={"attachments": 2})
    after = ledger.read(voucher.id)
    assert after.attachments == 2
    assert [
        (line.id, line.account_id, line.debit, line.credit, line.base, line.summary) for line in after.lines
    ] == before


def test_a_line_in_another_currency_keeps_currency_and_base_amount_when_its_draft_is_changed(ledger):
    dollars, values = ledger.currency("USD"), ledger.lines([("1002", "100"), ("5001", "-720")])
    values[0] |= {"currency": dollars, "base": Decimal(720)}

    voucher = ledger.maker.run(act("finance.voucher.record"), values=[{"day": date(2025, 3, 1), "lines": values}]).id
    ledger.do("update", ledger.read(voucher), by=ledger.maker, values={"attachments": 1})
    line = ledger.read(voucher).lines[0]
    assert (line.currency_id, line.debit, line.base) == (dollars, 100, 720)


def test_a_draft_moves_to_another_period_with_its_lines(ledger):
    ledger.voucher(on="2025-04-01")
    voucher = ledger.voucher(on="2025-03-31")
    ledger.do("update", voucher, by=ledger.maker, values={"day": date(2025, 4, 1)})
    after = ledger.read(voucher.id)
    assert (after.period.code, after.provisional, {line.day for line in after.lines}) == (
        "2025-04",
        2,
        {date(2025, 4, 1)},
    )


@pytest.mark.parametrize(
    "field", ["state", "maker", "auditor", "number", "poster", "period", "source", "document", "kind", "provisional"]
)
def test_people_do_not_set_what_the_workflow_says(ledger, field):
    with pytest.raises(BusinessError):
        ledger.voucher(**{field: 1})


# --- reversal


def test_a_reversal_is_red_on_the_same_side_and_takes_the_balance_back(ledger):
    before = ledger.trial()
    original = ledger.posted([("1122", "226"), ("5001", "-200"), ("2202", "-26")])
    red = ledger.reverse(original, on=date(2025, 3, 31))
    assert [(line.account.code, line.debit, line.credit) for line in red.lines] == [
        ("1122", -226, None),
        ("5001", None, -200),
        ("2202", None, -26),
    ]
    ledger.post(ledger.audit(red))
    assert ledger.trial() == before == {}
    assert ledger.differences() == []


def test_a_reversal_in_a_later_period_lowers_the_turnover_of_that_period(ledger):
    original = ledger.posted([("1001", "100"), ("5001", "-100")], on="2025-03-10")
    ledger.post(ledger.audit(ledger.reverse(original, on=date(2025, 4, 2))))
    assert ledger.trial("2025-04") == {"1001": ("100", "-100", "0", "0"), "5001": ("-100", "0", "-100", "0")}


def test_a_reversal_names_what_it_reverses_and_is_linked(ledger):
    original = ledger.posted()
    red = ledger.reverse(original, on=date(2025, 3, 31))
    assert "2025-03 记-1" in red.summary
    link = ledger.maker.all(Reversal).one()
    assert (link.voucher_id, link.original_id) == (red.id, original.id)


def test_a_reversal_is_written_in_the_language_of_the_books(ledger):
    original = ledger.posted()
    with speaking("en"):
        red = ledger.reverse(original, on=date(2025, 3, 31))
    assert ledger.maker.company.locale == "zh_CN"
    assert red.summary == "冲销 2025-03 记-1 号凭证"


def test_a_voucher_is_reversed_once(ledger):
    original = ledger.posted()
    ledger.reverse(original, on=date(2025, 3, 31))
    with pytest.raises(BusinessError, match="reversed already"):
        ledger.reverse(original, on=date(2025, 3, 31))


def test_a_deleted_reversal_can_be_written_again(ledger):
    original = ledger.posted()
    ledger.do("delete", ledger.reverse(original, on=date(2025, 3, 31)), by=ledger.maker)
    assert ledger.reverse(original, on=date(2025, 3, 31)).lines[0].debit == -100


def test_what_is_not_posted_is_not_reversed(ledger):
    with pytest.raises(BusinessError, match="Only a posted voucher"):
        ledger.reverse(ledger.audited(), on=date(2025, 3, 31))


def test_the_amounts_of_a_reversal_cannot_be_changed_but_its_date_can(ledger):
    red = ledger.reverse(ledger.posted(), on=date(2025, 3, 31))
    with pytest.raises(BusinessError, match="mirrors"):
        ledger.do("update", red, by=ledger.maker, values={"lines": ledger.lines([("1001", "5"), ("5001", "-5")])})
    ledger.do("update", red, by=ledger.maker, values={"day": date(2025, 4, 5)})
    assert ledger.read(red.id).period.code == "2025-04"


def test_a_reversal_keeps_currency_base_and_foreign_amount_with_the_opposite_sign(ledger):
    foreign = {
        "foreign_currency": ledger.currency("USD"),
        "foreign_amount": Decimal(10),
        "foreign_rate": Decimal("7.2"),
    }
    original = ledger.posted([("1002", "72", foreign), ("5001", "-72")])
    red = ledger.reverse(original, on=date(2025, 3, 31))
    line = red.lines[0]
    assert (line.debit, line.base, line.foreign_amount, line.foreign_rate) == (-72, -72, -10, Decimal("7.2"))


# --- the auditor confirms a document


def test_entering_posts_at_once_when_maker_and_auditor_differ(ledger):

    values = [{"day": date(2025, 3, 1), "source": "invoice:1", "lines": ledger.lines([("1122", "5"), ("5001", "-5")])}]
    made = ledger.auditor.run(act("finance.voucher.enter"), values=values, maker=ledger.maker.user.id).id
    assert (ledger.read(made).number, ledger.trial()["1122"]) == (1, ("0", "5", "0", "5"))
    with pytest.raises(BusinessError, match="somebody else must audit"):
        ledger.auditor.run(act("finance.voucher.enter"), values=values, maker=ledger.auditor.user.id)
