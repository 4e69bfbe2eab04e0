"""Add what a balance file names and a company lacks: accounts below others, customers, departments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select

from hanse import BusinessError, Context, Records, _, action
from hanse.directory.models import Department
from hanse_contacts.models import Partner
from hanse_finance import setup
from hanse_finance.actions.accounts import create_values
from hanse_finance.models import Account, Dimension, DimensionSource, Opening, VoucherLine
from hanse_finance.permissions import Finance
from hanse_finance.takeover.entering import refuse_opened


@action(
    Opening,
    name="complete_chart",
    label=_("Add what a balance file needs"),
    permission=Finance.TAKE_OVER,
    hidden=True,
)
def complete_chart(
    ctx: Context,
    openings: Records[Opening],
    *,
    accounts: list[Mapping[str, Any]],
    values: list[Mapping[str, Any]],
) -> int:
    """Add accounts and values of dimensions that a balance file names; give how many.

    An account that gets accounts below it takes no postings any more, and asks them for its dimensions.

    :param accounts: those above first: ``code``, ``name``, ``parent`` (a code or None), ``type`` and ``side``
    :param values: ``dimension``, ``code`` and ``name``
    :raises BusinessError: something is posted on an account that would get accounts below it
    :raises Forbidden: the person may not create accounts
    """
    refuse_opened(openings)
    if accounts:
        ctx.require("finance.account.create")
    for account in accounts:
        _add_account(ctx, account)
    if values:
        ctx.run(create_values, values=_joined_values(ctx, values))
    return len(accounts) + len(values)


def _add_account(ctx: Context, given: Mapping[str, Any]) -> None:
    values = {name: given[name] for name in ("code", "name", "type", "side")}
    if given["parent"] is not None:
        parent = ctx.all(Account, Account.code == given["parent"]).one()
        if parent.postable:
            _refuse_posted_on(ctx, parent)
            ctx.run(setup.action("finance.account.update"), [parent.id], values={"postable": False})
        dimensions = [{"dimension": one.dimension_id} for one in parent.dimensions]
        values |= {"parent": parent.id, "cash": parent.cash, "currency": parent.currency_id, "dimensions": dimensions}
    ctx.run(setup.action("finance.account.create"), values=[values])


def _refuse_posted_on(ctx: Context, account: Account) -> None:
    query = select(VoucherLine.id).where(VoucherLine.company_id == ctx.company.id, VoucherLine.account_id == account.id)
    if ctx.session.scalar(query.limit(1)) is not None:
        name = f"{account.code} {account.name}"
        raise BusinessError(
            _("%(account)s has vouchers already; no account can be added below it. Add it elsewhere.", account=name)
        )


def _joined_values(ctx: Context, values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Join values to contacts and departments of the same code or name."""
    sources = {one.id: one.source for one in ctx.all(Dimension)}
    codes = {str(value[name]) for value in values for name in ("code", "name")}
    partners = _known(ctx, Partner, codes)
    departments = _known(ctx, Department, codes)
    rows: list[dict[str, Any]] = []
    for value in values:
        source = sources.get(value["dimension"])
        row = {name: value[name] for name in ("dimension", "code", "name")}
        if source in (DimensionSource.CUSTOMERS, DimensionSource.SUPPLIERS):
            row["partner"] = partners.get(row["code"]) or partners.get(row["name"])
        elif source is DimensionSource.DEPARTMENTS:
            row["department"] = departments.get(row["code"]) or departments.get(row["name"])
        rows.append(row)
    return rows


def _known(ctx: Context, model: Any, texts: set[str]) -> dict[str, int]:
    """Give the ids of records by code and by name."""
    found: dict[str, int] = {}
    for record in ctx.all(model, or_(model.code.in_(texts), model.name.in_(texts))):
        found.setdefault(record.name, record.id)
        if record.code:
            found[record.code] = record.id
    return found
