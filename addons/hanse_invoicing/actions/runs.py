"""Payment runs: propose what is due, have it confirmed, pay it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select

from hanse import BusinessError, Context, Records, _, action
from hanse.actions.generic import check_rights, save
from hanse_contacts.models import BankAccount
from hanse_invoicing.actions.paying import post_payments
from hanse_invoicing.actions.payments import create_payments, discount_on
from hanse_invoicing.amounts import ZERO
from hanse_invoicing.models import Direction, Ledger, OpenItem, Payment, PaymentRun, RunLine, RunState
from hanse_invoicing.permissions import Invoicing


@action(
    PaymentRun,
    name="create",
    label=_("New payment run"),
    permission="invoicing.payment_run.create",
    creates=True,
    hidden=True,
)
def create_runs(ctx: Context, runs: Records[PaymentRun], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Write requests to pay."""
    check_rights(ctx, PaymentRun, values)
    made = ctx.insert(PaymentRun, [{**value, "maker": ctx.user.id} for value in values])
    _add_up(ctx, made)
    return made


@action(PaymentRun, name="update", label=_("Save"), permission="invoicing.payment_run.update", hidden=True)
def update_runs(ctx: Context, runs: Records[PaymentRun], *, values: Mapping[str, Any]) -> None:
    """Change requests that nobody has confirmed.

    :raises BusinessError: one is confirmed already
    """
    check_rights(ctx, PaymentRun, [values], records=runs.ids)
    _refuse_confirmed(runs)
    save(ctx, runs, values)
    _add_up(ctx, runs.ids)


def _refuse_confirmed(runs: Records[PaymentRun]) -> None:
    for run, state in zip(runs.ids, runs[PaymentRun.state], strict=True):
        if state is not RunState.DRAFT:
            raise BusinessError(_("The run is confirmed already. Undo that before you change it."), record=run)


def _add_up(ctx: Context, runs: Sequence[int]) -> None:
    for run in runs:
        amounts = ctx.all(RunLine, RunLine.run_id == run)[RunLine.amount]
        ctx.update([run], PaymentRun, {"total": sum(amounts, ZERO)})


@action(
    PaymentRun,
    name="propose",
    label=_("Propose bills"),
    permission="invoicing.payment_run.update",
    icon="bolt",
    done=_("%(count)s runs have bills now"),
    offered=lambda run: run.state is RunState.DRAFT,
)
def propose_bills(ctx: Context, runs: Records[PaymentRun]) -> None:
    """Fill runs with bills that are due, and with those whose discount would be lost; each in its currency.

    What another run that is not paid yet holds already is left to that one.

    :raises BusinessError: the run is confirmed, or nothing is due
    """
    _refuse_confirmed(runs)
    for run in list(runs):
        taken = select(RunLine.item_id).join(PaymentRun, PaymentRun.id == RunLine.run_id)
        items = ctx.all(
            OpenItem,
            OpenItem.ledger == Ledger.PAYABLE,
            OpenItem.currency_id == run.currency_id,
            OpenItem.open < 0,
            or_(OpenItem.due <= run.due_until, OpenItem.discount_until >= run.day),
            OpenItem.id.not_in(taken.where(PaymentRun.state != RunState.PAID, PaymentRun.id != run.id)),
            order_by=[OpenItem.due, OpenItem.id],
        )
        rows = [_line(item, run) for item in items]
        if not rows:
            raise BusinessError(_("No bill is due until %(day)s.", day=run.due_until), record=run.id)
        accounts = _bank_accounts(ctx, [item.partner_id for item in items], run.currency_id)
        for row, item in zip(rows, items, strict=True):
            row["bank_account"] = accounts.get(item.partner_id)
        save(ctx, Records(ctx.session, PaymentRun, ids=[run.id]), {"lines": rows})
    _add_up(ctx, runs.ids)
    runs.forget()


def _line(item: OpenItem, run: PaymentRun) -> dict[str, Any]:
    discount = discount_on(item, run.day)
    return {"item": item.id, "amount": abs(item.open) - discount, "discount": discount}


def _bank_accounts(ctx: Context, partners: Sequence[int], currency: int) -> dict[int, int]:
    """Give the account each partner is paid to: one in the currency before one that names none."""
    query = (
        select(BankAccount)
        .where(BankAccount.partner.in_(partners))
        .order_by(BankAccount.currency.is_(None), BankAccount.id)
    )
    found: dict[int, int] = {}
    for one in ctx.session.scalars(query):
        if one.currency is None or one.currency.id == currency:
            found.setdefault(one.partner.id, one.id)
    return found


@action(
    PaymentRun,
    name="confirm",
    label=_("Confirm"),
    permission=Invoicing.RUN,
    moves=(RunState.DRAFT, RunState.CONFIRMED),
    primary=True,
    icon="check",
    done=_("%(count)s payment runs confirmed"),
)
def confirm_runs(ctx: Context, runs: Records[PaymentRun]) -> None:
    """Agree to what somebody else wants to pay; from now on the file for the bank can be had.

    :raises BusinessError: the run is one's own, is empty, or pays more than is open
    """
    for run in list(runs):
        if run.maker_id == ctx.user.id:
            raise BusinessError(_("You made this payment run yourself; somebody else must confirm it."), record=run.id)
        if not run.lines:
            raise BusinessError(_("The payment run is empty. Propose bills first."), record=run.id)
        for line in run.lines:
            if line.amount + line.discount > abs(line.item.open):
                message = _(
                    "%(document)s: only %(open)s is open.", document=line.item.document, open=abs(line.item.open)
                )
                raise BusinessError(message, record=run.id)
    ctx.update(runs, {"confirmer": ctx.user.id, "state": RunState.CONFIRMED})


@action(
    PaymentRun,
    name="reopen",
    label=_("Undo confirmation"),
    permission=Invoicing.RUN,
    moves=(RunState.CONFIRMED, RunState.DRAFT),
    icon="arrow-back-up",
    done=_("%(count)s payment runs are drafts again"),
)
def reopen_runs(ctx: Context, runs: Records[PaymentRun]) -> None:
    """Give runs back to their makers."""
    ctx.update(runs, {"confirmer": None, "state": RunState.DRAFT})


@action(
    PaymentRun,
    name="pay",
    label=_("Post payments"),
    permission=Invoicing.RUN,
    moves=(RunState.CONFIRMED, RunState.PAID),
    primary=True,
    icon="cash",
    confirm=_("Post one payment for each supplier? Do it once the bank has taken the file."),
    done=_("%(count)s payment runs paid"),
)
def pay_runs(ctx: Context, runs: Records[PaymentRun]) -> list[int]:
    """Make and post one payment for each partner and bank account; give their ids.

    :raises BusinessError: an item has been settled meanwhile, a period is closed
    """
    made: list[int] = []
    for run in list(runs):
        groups: dict[tuple[int, int | None], list[RunLine]] = {}
        for line in run.lines:
            groups.setdefault((line.item.partner_id, line.bank_account_id), []).append(line)
        values = [
            {
                "direction": Direction.OUT,
                "ledger": Ledger.PAYABLE,
                "partner": partner,
                "day": run.day,
                "bank": run.bank_id,
                "currency": run.currency_id,
                "bank_account": account,
                "reference": run.number,
                "run": run.id,
                "lines": [{"item": line.item_id, "amount": line.amount, "discount": line.discount} for line in lines],
            }
            for (partner, account), lines in groups.items()
        ]
        payments = ctx.run(create_payments, values=values).done
        ctx.update(payments, Payment, {"maker": run.maker_id})
        ctx.run(post_payments, payments)
        made += payments
    return made
