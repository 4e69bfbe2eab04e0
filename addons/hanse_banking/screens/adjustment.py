"""The bank adjustment table, for the last day of a period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from hanse import BusinessError, Context, Given, Parameter, Reading, Report, ReportColumn, ReportRow, _
from hanse.i18n import Label, format_day, format_money
from hanse.models import Kind
from hanse_banking.adjusting import Adjustment, adjust
from hanse_banking.items import ZERO, Item, total
from hanse_banking.models import HouseAccount
from hanse_banking.permissions import Banking
from hanse_finance.models import Period
from hanse_finance.reports import span_of
from hanse_finance.screens.spans import PARAMETERS, latest


def chosen_bank(ctx: Context, key: str) -> HouseAccount:
    """Give the bank account with an id; without one the first.

    :raises BusinessError: there is none
    """
    where = [HouseAccount.id == int(key)] if key.isdigit() else [HouseAccount.active.is_(True)]
    found = list(ctx.visible(HouseAccount, *where, order_by=[HouseAccount.id], limit=1))
    if not found:
        raise BusinessError(_("There is no bank account yet. Add one under Banks, Bank accounts."))
    return found[0]


def bank_choices(ctx: Context) -> Sequence[tuple[str, Label]]:
    """Give the bank accounts to choose from."""
    banks = ctx.visible(HouseAccount, HouseAccount.active.is_(True), order_by=[HouseAccount.id])
    return [(str(one.id), one.name) for one in banks]


def _first(ctx: Context) -> str:
    choices = bank_choices(ctx)
    return choices[0][0] if choices else ""


def _read(ctx: Context, given: Given) -> Reading:
    bank = chosen_bank(ctx, given.text("bank"))
    if not given.text("period"):
        raise BusinessError(_("There is no period yet. Open a fiscal year first."))
    on = span_of(ctx, given.text("period")).end
    found = adjust(ctx, bank, on)
    notes: list[Label] = [f"{bank.name} {bank.currency.code}, {format_day(on)}"]
    if found.until is None or found.until < on:
        notes.append(_("The statement is missing."))
    elif found.stated is not None and found.until == on and found.stated != found.bank:
        notes.append(
            _(
                "The statement closes with %(stated)s.",
                stated=format_money(found.stated, bank.currency.code, bank.currency.places),
            )
        )
    return Reading(
        [
            ReportColumn("day", _("Date"), Kind.DAY, small="sub"),
            ReportColumn("what", _("Item"), small="title"),
            ReportColumn("amount", _("Amount"), Kind.MONEY, small="end"),
        ],
        list(_rows(found)),
        note="; ".join(str(one) for one in notes),
    )


def _rows(found: Adjustment) -> Iterator[ReportRow]:
    yield ReportRow([None, _("Balance of the bank statement"), found.bank], strong=True)
    yield from _part(_("Plus: received in the books, not yet by the bank"), found.not_in_bank, 1, "finance/voucher")
    yield from _part(_("Less: paid in the books, not yet by the bank"), found.not_in_bank, -1, "finance/voucher")
    yield ReportRow([None, _("Adjusted balance of the bank"), found.bank_adjusted], strong=True)
    yield ReportRow([None, _("Balance of the books"), found.books], strong=True)
    yield from _part(_("Plus: received by the bank, not yet in the books"), found.not_in_books, 1, "banking/line")
    yield from _part(_("Less: paid by the bank, not yet in the books"), found.not_in_books, -1, "banking/line")
    yield ReportRow([None, _("Adjusted balance of the books"), found.books_adjusted], strong=True)
    if found.before:
        yield ReportRow([None, _("Difference from before the first day"), found.before])
    yield ReportRow([None, _("Difference"), found.difference], strong=True)


def _part(label: Label, items: Sequence[Item], sign: int, path: str) -> Iterator[ReportRow]:
    chosen = [one for one in items if (one.rest > 0) == (sign > 0)]
    yield ReportRow([None, label, total(chosen) * sign if chosen else ZERO], strong=True)
    for one in chosen:
        key = one.voucher if path.startswith("finance") else one.id
        amount: Decimal = one.rest * sign
        yield ReportRow([one.day, f"\u2003{one.title}", amount], (f"/{path}/{key}", {}))


ADJUSTMENT = Report(
    "adjustment",
    title=_("Bank adjustment table"),
    menu="banking",
    icon="scale",
    order=15,
    permission=Banking.REPORT,
    parameters=[
        Parameter("bank", _("Bank account"), choices=bank_choices, default=_first),
        Parameter("period", _("Period"), choices=PARAMETERS[0].choices, default=latest),
    ],
    read=_read,
    about={
        HouseAccount: lambda bank: {"bank": str(bank.id)},
        Period: lambda period: {"period": period.code},
    },
)
