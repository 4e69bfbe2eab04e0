"""Stock that was kept before the books were: its value is taken over when both addons are first on together."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import text

from hanse import Choice, Context, Question, _
from hanse.i18n import speaking
from hanse_finance.details import Details, Kept
from hanse_finance.setup import action
from hanse_inventory_finance.accounts import Accounts, Place
from hanse_products_finance.accounts import Use

ZERO = Decimal(0)
_HELD = text("""
    SELECT v.product_id, l.usage, sum(v.amount) FROM inventory_value v
    JOIN inventory_location l ON l.company_id = v.company_id AND l.id = v.store_id
    WHERE v.company_id = :company GROUP BY 1, 2 HAVING sum(v.amount) <> 0
""")


class Opening(Choice):
    """What becomes of the value of stock that is there already."""

    BOOK = "book", _("Book it now, against the opening account")
    SKIP = "skip", _("It is in the books already")


def question() -> Question:
    """Ask how the value of stock that is there is taken over."""
    return Question(
        "stock_opening",
        _("Stock that is there already"),
        "choice",
        choices=[(one.value, one.label) for one in Opening],
        default=Opening.BOOK.value,
    )


def worth(ctx: Context) -> bool:
    """Tell whether there is stock that is worth something."""
    return ctx.session.execute(_HELD, {"company": ctx.company.id}).first() is not None


def take_over(ctx: Context, answer: str) -> None:
    """Book what the stock is worth, unless the books have it."""
    rows = list(ctx.session.execute(_HELD, {"company": ctx.company.id}))
    if Opening(answer) is Opening.SKIP or not rows:
        return
    accounts = Accounts(ctx)
    accounts.read_products({product for product, _usage, _amount in rows})
    sums: dict[int, Decimal] = {}
    for product, usage, amount in rows:
        account = accounts.at(Place.TRANSIT) if usage == "transit" else accounts.of_product(Use.STOCK, product)
        sums[account] = sums.get(account, ZERO) + amount
    opening = accounts.at(Place.OPENING)
    sums[opening] = sums.get(opening, ZERO) - sum((amount for _p, _u, amount in rows), ZERO)
    chosen = [(account, amount) for account, amount in sums.items() if amount]
    details = Details(ctx).find([Kept(account) for account, _amount in chosen])
    with speaking(ctx.company.locale):
        said = str(_("Stock taken over"))
    lines: list[dict[str, Any]] = [
        {
            "summary": said,
            "account": account,
            "details": kept,
            "debit" if amount > 0 else "credit": abs(amount),
            "base": amount,
        }
        for (account, amount), kept in zip(chosen, details, strict=True)
    ]
    values = {"day": ctx.today, "word": accounts.word, "document": said, "lines": lines}
    ctx.run(action("finance.voucher.enter"), values=[values], maker=ctx.user.id)


__all__ = ["Opening", "question", "take_over", "worth"]
