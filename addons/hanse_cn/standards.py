"""The two Chinese accounting standards: their statements, and where closing vouchers go.

Source: 小企业会计准则 (财会〔2011〕17号) with its forms 会小企01 to 03; 一般企业财务报表格式 (财会〔2019〕6号),
annex 2, whose lines have no official numbers, so they are counted.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files

from hanse import Context, _
from hanse_cn.charts import CASH, read_chart
from hanse_cn.models import Chart, ChinaSettings
from hanse_finance.standards import CashRule, Purpose, Standard, Wanted, register_standard
from hanse_finance.statements.definition import Sheet, Statement, read_lines

#: More than any chart has accounts: what the company has said decides.
_SAID = 1_000_000
_EXCHANGE = ("汇兑",)


def _statements(chart: Chart, forms: Mapping[Sheet, str], equal: tuple[int, int]) -> Callable[[], Iterable[Statement]]:
    """Give what reads the statements of a standard."""
    titles = {
        Sheet.BALANCE: _("Balance sheet"),
        Sheet.INCOME: _("Income statement"),
        Sheet.CASH: _("Cash flow statement"),
    }

    def make() -> Iterable[Statement]:
        table = (files("hanse_cn") / "data" / f"statements_{chart.value}.csv").read_text(encoding="utf-8")
        for sheet, lines in read_lines(io.StringIO(table, newline="")).items():
            if sheet is Sheet.BALANCE:
                yield Statement(sheet, titles[sheet], forms[sheet], lines, (equal,), left=equal[0])
            else:
                first = chart is Chart.SMALL_BUSINESS
                yield Statement(sheet, titles[sheet], forms[sheet], lines, year_first=first)

    return make


def _cash_rules(chart: Chart) -> Callable[[], Iterable[CashRule]]:
    """Give what reads the rules of the cash flow statement of a standard."""

    def read() -> Iterable[CashRule]:
        table = (files("hanse_cn") / "data" / f"cash_items_{chart.value}.csv").read_text(encoding="utf-8")
        for row in csv.DictReader(io.StringIO(table, newline="")):
            yield CashRule(row["account"], tuple(row["words"].split()), int(row["inflow"]), int(row["outflow"]))

    return read


@cache
def _names(chart: Chart) -> Mapping[str, str]:
    return {row.code: row.name for row in read_chart(chart)}


def _fits(chart: Chart) -> Callable[[Context, Mapping[str, str]], int]:
    def fits(ctx: Context, accounts: Mapping[str, str]) -> int:
        said = ctx.settings(ChinaSettings).standard
        if said is not None:
            return _SAID if said is chart else -1
        names = _names(chart)
        return sum(names.get(code[:4]) is not None and names[code[:4]] in name for code, name in accounts.items())

    return fits


def _forms(prefix: str) -> Mapping[Sheet, str]:
    return {Sheet.BALANCE: f"{prefix}01表", Sheet.INCOME: f"{prefix}02表", Sheet.CASH: f"{prefix}03表"}


SMALL_BUSINESS = register_standard(
    Standard(
        Chart.SMALL_BUSINESS.value,
        Chart.SMALL_BUSINESS.label,
        "hanse_cn",
        _statements(Chart.SMALL_BUSINESS, _forms("会小企"), (30, 53)),
        {
            Purpose.PROFIT: (Wanted("3103"),),
            Purpose.RETAINED: (Wanted("3104", ("未分配",)),),
            Purpose.EXCHANGE_GAIN: (Wanted("5301", _EXCHANGE, strictly=True), Wanted("5301", ("其他",))),
            Purpose.EXCHANGE_LOSS: (Wanted("5603", _EXCHANGE, strictly=True), Wanted("5603", ("其他",))),
        },
        _fits(Chart.SMALL_BUSINESS),
        not_revalued=("1123", "14", "15", "16", "17", "18", "19", "2203", "2401"),
        monthly=True,
        cash=CASH,
        read_cash_rules=_cash_rules(Chart.SMALL_BUSINESS),
    )
)
ENTERPRISE = register_standard(
    Standard(
        Chart.ENTERPRISE.value,
        Chart.ENTERPRISE.label,
        "hanse_cn",
        _statements(Chart.ENTERPRISE, _forms("会企"), (34, 68)),
        {
            Purpose.PROFIT: (Wanted("4103"),),
            Purpose.RETAINED: (Wanted("4104", ("未分配",)),),
            Purpose.EXCHANGE_GAIN: (Wanted("6603", _EXCHANGE, strictly=True), Wanted("6603")),
            Purpose.EXCHANGE_LOSS: (Wanted("6603", _EXCHANGE, strictly=True), Wanted("6603")),
        },
        _fits(Chart.ENTERPRISE),
        not_revalued=(
            "1123",
            "14",
            "1511",
            "1512",
            "152",
            "16",
            "17",
            "18",
            "19",
            "2203",
            "2204",
            "2401",
            "2801",
            "2901",
        ),
        prior_years=("6901",),
        monthly=True,
        cash=CASH,
        read_cash_rules=_cash_rules(Chart.ENTERPRISE),
    )
)
