"""Cash flow: items, and which parts of cash lines are for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, text

from hanse import Computed, Context, Filter, Row, Screen, _, link_id
from hanse.i18n import Label
from hanse.models import Kind, Model
from hanse.screens import Given, Parameter, Reading, Report, ReportColumn, ReportRow
from hanse_finance.models import CashFlow, CashItem, Voucher, VoucherWord
from hanse_finance.permissions import Finance
from hanse_finance.screens.spans import PARAMETERS, chosen_span

CASH_ITEMS = Screen(
    CashItem,
    title=_("Cash flow items"),
    singular=_("Cash flow item"),
    menu="finance_settings",
    icon="cash",
    order=50,
    list=[CashItem.code, CashItem.name, CashItem.line, CashItem.inflow],
    filters=[CashItem.inflow],
    form=[Row(CashItem.code, CashItem.name), Row(CashItem.name_en), Row(CashItem.line, CashItem.inflow)],
    order_by=[CashItem.code],
)


def _number(_model: type[Model]) -> Any:
    """Write the number of the voucher that moved the cash."""
    return (
        select(func.concat(VoucherWord.code, "-", Voucher.number))
        .select_from(Voucher)
        .join(VoucherWord, VoucherWord.id == link_id(Voucher.word))
        .where(Voucher.id == link_id(CashFlow.voucher))
        .correlate(CashFlow)
        .scalar_subquery()
    )


CASH_PARTS = Screen(
    CashFlow,
    title=_("Cash flow by line"),
    singular=_("Part of a cash line"),
    menu="finance_statements",
    icon="arrows-split",
    order=40,
    list=[
        CashFlow.period,
        Computed("no", _("Number"), Kind.TEXT, _number),
        CashFlow.voucher,
        CashFlow.item,
        CashFlow.amount,
        CashFlow.proposed,
    ],
    filters=[
        CashFlow.period,
        CashFlow.item,
        CashFlow.proposed,
        Filter(_("Within cash"), lambda ctx: CashFlow.item_id.is_(None), name="within"),
    ],
    form=[Row(CashFlow.voucher, CashFlow.number), Row(CashFlow.item, CashFlow.amount), Row(CashFlow.proposed)],
    search=False,
    sums=[CashFlow.amount],
)

_PARTS = text(
    """
    SELECT v.day, w.code, v.number, l.summary, a.code, a.name, i.code, i.name, f.amount, f.id
    FROM finance_cash_flow f
    JOIN finance_period p ON p.id = f.period_id AND p.company_id = f.company_id
    JOIN finance_voucher v ON v.id = f.voucher_id AND v.company_id = f.company_id
    JOIN finance_voucher_word w ON w.id = v.word_id AND w.company_id = v.company_id
    JOIN finance_voucher_line l ON l.voucher_id = v.id AND l.number = f.number AND l.company_id = v.company_id
    JOIN finance_account a ON a.id = l.account_id AND a.company_id = l.company_id
    JOIN finance_cash_item i ON i.id = f.item_id AND i.company_id = f.company_id
    WHERE f.company_id = :company AND p.year_id = :year AND p.number BETWEEN :first AND :last AND i.line = :line
    ORDER BY v.day, v.number, f.number, f.id LIMIT :most
    """
)
_MOST = 2_000


def _lines(ctx: Context) -> Sequence[tuple[str, Label]]:
    rows = ctx.session.execute(
        text("SELECT line, min(name) FROM finance_cash_item WHERE company_id = :company GROUP BY line ORDER BY line"),
        {"company": ctx.company.id},
    )
    return [(str(line), f"{line:02} {name}") for line, name in rows]


def _read(ctx: Context, given: Given) -> Reading:
    span = chosen_span(ctx, given)
    asked = {"company": ctx.company.id, "year": span.year, "first": span.first, "last": span.last}
    line = int(given.text("line") or 0)
    found = ctx.session.execute(_PARTS, asked | {"line": line, "most": None if given.whole else _MOST}).all()
    rows = [
        ReportRow(
            [day, f"{word}-{number}", summary, f"{code} {name}", f"{item} {item_name}", amount],
            (f"/finance/cash_flow/{key}", {}),
        )
        for day, word, number, summary, code, name, item, item_name, amount, key in found
    ]
    return Reading(
        [
            ReportColumn("day", _("Date"), Kind.DAY, small="sub"),
            ReportColumn("voucher", _("Voucher"), small="sub"),
            ReportColumn("summary", _("Summary"), small="title"),
            ReportColumn("account", _("Account")),
            ReportColumn("item", _("Item"), small="sub"),
            ReportColumn("amount", _("Amount"), Kind.MONEY, small="end"),
        ],
        rows,
        totals=[None, None, _("Total"), None, None, sum((row.values[-1] for row in rows), 0)],
        note=span.label,
    )


CASH_FLOW_PARTS = Report(
    "cash-flow-parts",
    title=_("Cash for an item"),
    icon="cash",
    permission=Finance.REPORT,
    parameters=[Parameter("line", _("Item"), choices=_lines), *PARAMETERS],
    read=_read,
)
