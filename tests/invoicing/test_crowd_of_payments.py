"""What several people at once may rely on: an item is settled once, numbers have no gaps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

from trade import Trade

from hanse import BusinessError
from hanse.testing.people import open_for_admin
from hanse_invoicing import checks, items
from hanse_invoicing.models import OpenItem, Payment, PaymentState

CROWD = 6


def test_two_payments_never_settle_the_same_amount(own_database):
    """An invoice of 113; six people settle 40 of it at the same time: two can, and nothing is left of the others."""
    with own_database.session() as session, session.begin():
        trade = Trade(open_for_admin(session)).open()
        item = trade.items(trade.posted())[0].id
        partner, bank = trade.acme, trade.account("1002")

    def pay(_place: int) -> str:
        """Give the reason of a refusal; empty: it was paid."""
        with own_database.session() as session, session.begin() as transaction:
            mine = Trade(open_for_admin(session))
            values = {"partner": partner, "day": "2025-03-20", "bank": bank, "lines": [{"item": item, "amount": "40"}]}
            try:
                mine.act(Payment, "post", mine.act(Payment, "create", values=[values]).id)
            except BusinessError as error:
                transaction.rollback()
                return str(error)
            return ""

    with ThreadPoolExecutor(CROWD) as pool:
        refusals = [one for one in pool.map(pay, range(CROWD)) if one]
    assert refusals == ["INV2025-00001: only 33 is open, not 40."] * (CROWD - 2)
    with own_database.session() as session, session.begin():
        ctx = open_for_admin(session)
        assert ctx.all(OpenItem, OpenItem.id == item).one().open == Decimal(33)
        assert sorted(ctx.all(Payment, Payment.state == PaymentState.POSTED)[Payment.number]) == [
            "REC2025-00001",
            "REC2025-00002",
        ]
        assert items.differences(ctx) == []
        assert checks.compared(ctx, date(2025, 12, 31)) == []
