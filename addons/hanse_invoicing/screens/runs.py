"""Payment runs."""

from __future__ import annotations

from typing import Any

from hanse import Context, Lines, Row, Screen, Tab, _
from hanse_finance.models import Account
from hanse_invoicing.models import PaymentRun, RunLine, RunState
from hanse_invoicing.transfers import TransferFile


def _defaults(ctx: Context) -> dict[str, Any]:
    """Begin with today, and with account and bank of the last run."""
    found: dict[str, Any] = {"day": ctx.today, "due_until": ctx.today, "currency": ctx.company.currency_id}
    last = list(ctx.visible(PaymentRun, order_by=[PaymentRun.id.desc()], limit=1))
    if last:
        return found | {"bank": last[0].bank_id, "our_account": last[0].our_account, "our_bic": last[0].our_bic}
    banks = ctx.all(Account, Account.cash.is_(True), Account.postable.is_(True), order_by=[Account.code], limit=1).ids
    return found | {"bank": banks[0]} if banks else found


RUNS = Screen(
    PaymentRun,
    title=_("Payment runs"),
    singular=_("Payment run"),
    menu="invoicing",
    icon="coins",
    order=25,
    list=[PaymentRun.number, PaymentRun.day, PaymentRun.bank, PaymentRun.total, PaymentRun.maker, PaymentRun.state],
    filters=[PaymentRun.state, PaymentRun.day, PaymentRun.maker],
    order_by=[PaymentRun.day.desc()],
    form=[
        Row(PaymentRun.day, PaymentRun.due_until),
        Row(PaymentRun.bank, PaymentRun.currency),
        Row(PaymentRun.our_account, PaymentRun.our_bic),
        Lines(
            PaymentRun.lines,
            columns=[RunLine.item, RunLine.bank_account, RunLine.amount, RunLine.discount],
            widths={"amount": "m", "discount": "m"},
            totals=["amount"],
        ),
    ],
    tabs=[Tab(_("People"), Row(PaymentRun.maker, PaymentRun.confirmer, PaymentRun.total))],
    documents=[
        TransferFile("pain001", _("File for the bank (pain.001)")),
        TransferFile("transfers", _("File for the bank (CSV)")),
    ],
    editable=lambda run: run.state is RunState.DRAFT,
    possible={"delete": lambda _ctx, run: run.state is RunState.DRAFT},
    defaults=_defaults,
    tones={RunState.CONFIRMED: "info", RunState.PAID: "ok"},
)
