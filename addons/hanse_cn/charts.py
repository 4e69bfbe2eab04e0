"""Charts of accounts: the small business and the enterprise standard, loaded by code.

Source: 小企业会计准则 (财会〔2011〕17号), appendix; 企业会计准则应用指南 (财会〔2006〕18号), appendix, with the
accounts that later standards added; detail accounts of 应交税费 by 财会〔2016〕22号.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, _
from hanse_cn.models import Chart
from hanse_finance.models import Account, AccountType, Dimension, Side
from hanse_finance.setup import action, add_dimensions

#: Accounts of banks, insurers, farms and so on are left out; what later standards added is for everybody.
_SCOPES = frozenset({"general", "later"})
CASH = ("1001", "1002", "1012")
#: Accounts whose lines must say with whom: receivables and payables by customer and supplier.
_ANALYSED = {"1122": "customer", "2203": "customer", "2204": "customer", "1123": "supplier", "2202": "supplier"}
#: Lengths of the codes of the levels: 4-2-2.
_FIRST_LEVEL, _STEP = 4, 2


@dataclass(frozen=True, slots=True)
class ChartRow:
    """An account of a chart."""

    code: str
    name: str
    name_en: str
    type: AccountType
    side: Side

    @property
    def parent(self) -> str | None:
        """The code of the account above, which charts write as a prefix."""
        return self.code[:-_STEP] if len(self.code) > _FIRST_LEVEL else None


def read_chart(chart: Chart) -> list[ChartRow]:
    """Read a chart, parents before their children."""
    text = (files("hanse_cn") / "data" / f"coa_{chart.value}.csv").read_text(encoding="utf-8")
    rows = [
        ChartRow(row["code"], row["name_zh"], row["name_en"], AccountType(row["type"]), Side(row["direction"]))
        for row in csv.DictReader(io.StringIO(text, newline=""))
        if row["scope"] in _SCOPES
    ]
    return sorted(rows, key=lambda row: (len(row.code), row.code))


def load_chart(ctx: Context, name: str) -> int:
    """Add the accounts of a chart that the company lacks, known by their codes; give how many were added.

    What is there stays as its users left it: an account that takes postings gets no accounts below it.

    :param name: ``small_business`` or ``enterprise``
    :raises BusinessError: there is no such chart
    """
    try:
        rows = read_chart(Chart(name))
    except ValueError:
        known = ", ".join(chart.value for chart in Chart)
        raise BusinessError(
            _("There is no chart of accounts %(name)s. Charts: %(known)s.", name=name, known=known), field="chart"
        ) from None
    add_dimensions(ctx)
    dimensions = dict(
        ctx.session.execute(select(Dimension.code, Dimension.id).where(Dimension.company_id == ctx.company.id)).all()
    )
    there = _accounts(ctx)
    parents = {row.parent for row in rows}
    added = 0
    for level in sorted({len(row.code) for row in rows}):
        fresh = [row for row in rows if len(row.code) == level and row.code not in there and _has_room(row, there)]
        made = _create(ctx, fresh, parents, there, dimensions)
        there |= {row.code: (key, row.code not in parents) for row, key in zip(fresh, made, strict=True)}
        added += len(made)
    return added


def _accounts(ctx: Context) -> dict[str, tuple[int, bool]]:
    """Give id and whether it takes postings for each account by its code."""
    query = select(Account.code, Account.id, Account.postable).where(Account.company_id == ctx.company.id)
    return {code: (key, postable) for code, key, postable in ctx.session.execute(query)}


def _has_room(row: ChartRow, there: Mapping[str, tuple[int, bool]]) -> bool:
    """Tell whether an account may stand below its parent: one that takes postings is a leaf and stays one."""
    if row.parent is None:
        return True
    above = there.get(row.parent)
    return above is not None and not above[1]


def _create(
    ctx: Context,
    rows: Sequence[ChartRow],
    parents: Iterable[str | None],
    there: Mapping[str, tuple[int, bool]],
    dimensions: Mapping[str, int],
) -> Sequence[int]:
    if not rows:
        return ()
    above = frozenset(parents)
    values: list[dict[str, Any]] = [
        {
            "code": row.code,
            "name": row.name,
            "name_en": row.name_en,
            "type": row.type,
            "side": row.side,
            "parent": there[row.parent][0] if row.parent is not None else None,
            "postable": row.code not in above,
            "cash": row.code in CASH,
            "dimensions": [{"dimension": dimensions[_ANALYSED[row.code]]}] if row.code in _ANALYSED else [],
        }
        for row in rows
    ]
    return ctx.run(action("finance.account.create"), values=values).done


__all__ = ["Chart", "ChartRow", "load_chart", "read_chart"]
