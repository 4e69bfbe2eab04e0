"""Accounts and what their lines are analysed by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal_column, select

from hanse import Computed, Context, Filter, Lines, Row, Screen, Tab, _, link_id
from hanse.directory.models import Currency
from hanse.i18n import current_locale, format_decimal
from hanse.models import Kind, Model
from hanse.screens import Offers
from hanse_finance.entry import latest_rate
from hanse_finance.models import Account, AccountDimension, Dimension, DimensionSet, DimensionValue
from hanse_finance.screens.combining import combinations, complete_sets, name_combination, resolve_combination

#: The cells of lines that name an account to post to.
LINE_ACCOUNTS = ("finance.voucher.account", "finance.voucher_template.account")
_INDENT = "\N{EM SPACE}"
_DEPTH: ColumnElement[int] = literal_column(
    "(WITH RECURSIVE up AS (SELECT finance_account.parent_id AS id UNION "
    "SELECT p.parent_id FROM up JOIN finance_account p ON p.id = up.id) SELECT count(id) FROM up)::int"
)


def _name(_model: type[Model]) -> Any:
    """Give the name in the reader's language, moved in once for each account above it."""
    name = func.coalesce(Account.name_en, Account.name) if current_locale() == "en" else Account.name
    return func.concat(func.repeat(_INDENT, _DEPTH), name)


def _name_tone(_model: type[Model]) -> Any:
    """Grey for accounts that are no longer used."""
    return case((Account.active.is_(False), "muted"))


def _complete(_ctx: Context, words: str, values: dict[str, str]) -> ColumnElement[bool] | None:
    """Offer lines of vouchers only accounts that take postings; digits are the beginning of a code."""
    conditions: list[ColumnElement[bool]] = []
    if values.get("for") in LINE_ACCOUNTS:
        conditions.append(Account.postable.is_(True))
    if words.isdigit():
        conditions.append(Account.code.startswith(words))
    return conditions[0] if len(conditions) == 1 else (conditions[0] & conditions[1] if conditions else None)


def _describe(ctx: Context, ids: Sequence[int], values: Mapping[str, str]) -> Mapping[int, Mapping[str, Any]]:
    """Say what an account asks its lines for, and prepare the cells beside it."""
    if values.get("for") not in LINE_ACCOUNTS:
        return {}
    wanted: dict[int, list[str]] = {}
    for account, name in ctx.session.execute(
        select(link_id(AccountDimension.account), Dimension.name)
        .join(Dimension, Dimension.id == link_id(AccountDimension.dimension))
        .where(link_id(AccountDimension.account).in_(ids))
        .order_by(Dimension.id)
    ):
        wanted.setdefault(account, []).append(name)
    foreign = {
        account: (currency, code)
        for account, currency, code in ctx.session.execute(
            select(Account.id, Currency.id, Currency.code)
            .join(Currency, Currency.id == link_id(Account.currency))
            .where(Account.id.in_(ids))
        )
    }
    return {account: _entry(ctx, wanted.get(account, []), foreign.get(account)) for account in ids}


def _entry(ctx: Context, dimensions: Sequence[str], foreign: tuple[int, str] | None) -> Mapping[str, Any]:
    fills: dict[str, Any] = {
        "details": {"id": "", "name": "", "off": not dimensions},
        "foreign_currency": {"id": "", "name": ""},
        "foreign_rate": "",
    }
    hints = list(dimensions)
    if foreign is not None:
        rate = latest_rate(ctx, foreign[0], ctx.today)
        fills |= {
            "foreign_currency": {"id": foreign[0], "name": foreign[1]},
            "foreign_rate": format_decimal(rate) if rate is not None else "",
        }
        hints.append(foreign[1])
    return {"hint": " · ".join(hints), "set": fills}


ACCOUNTS = Screen(
    Account,
    title=_("Accounts"),
    singular=_("Account"),
    menu="finance",
    icon="list-details",
    order=40,
    shortcut="a",
    list=[
        Account.code,
        Computed("called", _("Name"), Kind.TEXT, _name, tone=_name_tone),
        Account.type,
        Account.side,
        Account.postable,
        Account.currency,
    ],
    filters=[
        Account.type,
        Account.postable,
        Account.cash,
        Filter(
            _("With dimensions"),
            lambda ctx: Account.id.in_(select(link_id(AccountDimension.account))),
            name="with-dimensions",
        ),
    ],
    segments=Account.type,
    order_by=[Account.code],
    form=[
        Row(Account.code, Account.name),
        Row(Account.name_en, Account.parent),
        Row(Account.type, Account.side),
        Row(Account.postable, Account.cash),
        Row(Account.currency, Account.revalued),
        Row(Account.unit),
        Row(Account.cash_item, Account.reported_as),
        Lines(Account.dimensions, columns=[AccountDimension.dimension]),
    ],
    complete=_complete,
    offers=Offers(describe=_describe),
)

DIMENSIONS = Screen(
    Dimension,
    title=_("Dimensions"),
    singular=_("Dimension"),
    menu="finance_settings",
    icon="hierarchy",
    order=10,
    list=[Dimension.code, Dimension.name, Dimension.source],
    form=[Row(Dimension.code, Dimension.name), Row(Dimension.source)],
    tabs=[Tab(_("Values"), Dimension.values, columns=[DimensionValue.code, DimensionValue.name])],
    order_by=[Dimension.code],
)

DIMENSION_VALUES = Screen(
    DimensionValue,
    title=_("Dimension values"),
    singular=_("Dimension value"),
    menu="finance_settings",
    icon="list",
    order=20,
    list=[
        DimensionValue.code,
        DimensionValue.name,
        DimensionValue.dimension,
        DimensionValue.partner,
        DimensionValue.department,
    ],
    filters=[DimensionValue.dimension],
    form=[
        Row(DimensionValue.dimension),
        Row(DimensionValue.code, DimensionValue.name),
        Row(DimensionValue.partner, DimensionValue.department),
    ],
    order_by=[DimensionValue.code],
)

#: Without an entry in the menu: lines of vouchers choose from it.
DIMENSION_SETS = Screen(
    DimensionSet,
    title=_("Dimension combinations"),
    singular=_("Dimension combination"),
    icon="hierarchy",
    list=[DimensionSet.name],
    form=[Row(DimensionSet.name)],
    readonly=True,
    complete=complete_sets,
    offers=Offers(more=combinations, resolve=resolve_combination, name=name_combination),
)
