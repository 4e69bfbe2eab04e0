"""What stands in the trail of a voucher: what it reverses, and what reverses it, as far as one may see."""

from __future__ import annotations

from datetime import date

from hanse.life.trail import trail_of
from hanse.testing.counting import statements
from hanse_finance.models import Account, Voucher


def test_a_reversal_comes_of_what_it_reverses(ledger):
    posted = ledger.posted()
    red = ledger.reverse(posted, on=date(2025, 2, 1))
    first, second = trail_of(ledger.maker, Voucher, posted.id), trail_of(ledger.maker, Voucher, red.id)
    assert [(one.record, one.depth) for one in first.behind] == [(red.id, 1)]
    assert [(one.record, one.depth) for one in second.before] == [(posted.id, -1)]
    assert (first.before, second.behind, first.hidden) == ([], [], 0)
    assert (first.behind[0].state, first.behind[0].day != "") == (red.state, True)


def test_what_one_may_not_see_is_counted_and_not_followed(ledger, as_user):
    posted = ledger.posted()
    ledger.reverse(posted, on=date(2025, 2, 1))
    nobody = as_user(("finance.voucher.read", "own"))
    found = trail_of(nobody, Voucher, posted.id)
    assert (found.behind, found.own, found.hidden) == ([], None, 1)


def test_an_account_says_in_how_many_vouchers_it_is_used_in_a_few_statements(ledger):
    for _number in range(2):
        ledger.posted()
    with statements(ledger.maker) as sent:
        found = trail_of(ledger.maker, Account, ledger.account("1001"))
    used = {one.reference.shown.__name__: (one.count, one.hidden) for one in found.uses}
    assert used["Voucher"] == (2, 0)
    assert len(sent) <= 6
