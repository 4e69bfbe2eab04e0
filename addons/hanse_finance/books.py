"""The maintained balances: added to when vouchers are posted, rebuilt from the lines, and compared with them.

Every statement brings its rows in the order of the table's key, so that two writers lock them in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from hanse import Context
from hanse.actions.write import array

_KEYS = {
    "finance_balance": "account_id, currency_id",
    "finance_dimension_balance": "account_id, details_id, currency_id",
}

# {lines} are lines l with their period p; movements per key and period, then what these bring forward into later years.
# What stands in an opening period, number 0, moves nothing: the year opens with it, net as row 0 has it.
_MOVED = """
    moved AS MATERIALIZED (
        SELECT year_id, number, {keys},
               CASE WHEN number = 0 THEN debit - credit ELSE debit END AS debit,
               CASE WHEN number = 0 THEN 0 ELSE credit END AS credit,
               CASE WHEN number = 0 THEN base_debit - base_credit ELSE base_debit END AS base_debit,
               CASE WHEN number = 0 THEN 0 ELSE base_credit END AS base_credit
        FROM (
            SELECT p.year_id, p.number, {line_keys},
                   coalesce(sum(l.debit), 0) AS debit, coalesce(sum(l.credit), 0) AS credit,
                   coalesce(sum(l.base) FILTER (WHERE l.debit IS NOT NULL), 0) AS base_debit,
                   coalesce(-sum(l.base) FILTER (WHERE l.credit IS NOT NULL), 0) AS base_credit
            FROM {lines}{dimensioned}
            GROUP BY p.year_id, p.number, {line_keys}
        ) sums
    ),
    due AS (
        SELECT year_id, number, {keys}, debit, credit, base_debit, base_credit FROM moved
        UNION ALL
        SELECT later.id, 0, {moved_keys}, sum(m.debit - m.credit), 0, sum(m.base_debit - m.base_credit), 0
        FROM moved m
        JOIN finance_fiscal_year own ON own.id = m.year_id
        JOIN finance_fiscal_year later ON later.company_id = :company AND later.start > own.start
        GROUP BY later.id, {moved_keys}
    )
"""
_STORED = """
    finance_voucher v
    JOIN finance_period p ON p.id = v.period_id
    JOIN finance_voucher_line l ON l.voucher_id = v.id
    WHERE v.company_id = :company AND """
_POSTED = _STORED + "v.state = 'posted'"
_CHOSEN = _STORED + "v.id = ANY(:vouchers)"
#: What a line that is not stored yet says of itself, with the type of each column.
_GIVEN_TYPES = {
    "period_id": "bigint",
    "account_id": "bigint",
    "currency_id": "bigint",
    "details_id": "bigint",
    "debit": "numeric",
    "credit": "numeric",
    "base": "numeric",
}
_ARRAYS = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _GIVEN_TYPES.items())
_GIVEN = f"""
    unnest({_ARRAYS}) AS l({", ".join(_GIVEN_TYPES)})
    JOIN finance_period p ON p.id = l.period_id
    WHERE p.company_id = :company"""
_INSERT = """
    INSERT INTO {table} AS b (company_id, year_id, number, {keys}, debit, credit, base_debit, base_credit)
    SELECT :company, year_id, number, {keys}, debit, credit, base_debit, base_credit FROM due
    ORDER BY year_id, number, {keys}
    ON CONFLICT (company_id, year_id, number, {keys}) DO UPDATE SET
        debit = b.debit + excluded.debit, credit = b.credit + excluded.credit,
        base_debit = b.base_debit + excluded.base_debit, base_credit = b.base_credit + excluded.base_credit
"""
_ADD = "WITH {moved}" + _INSERT
#: Says besides whether any line has dimensions, for then the other table has to be added to.
_ADD_AND_TELL = """
    WITH {moved}, added AS (INSERT)
    SELECT EXISTS (
        SELECT FROM finance_voucher_line
        WHERE company_id = :company AND voucher_id = ANY(:vouchers) AND details_id IS NOT NULL
    )
""".replace("INSERT", _INSERT)
_COMPARE = """
    WITH {moved}
    SELECT year_id, number, {keys},
           coalesce(b.debit, 0), coalesce(b.credit, 0), coalesce(b.base_debit, 0), coalesce(b.base_credit, 0),
           coalesce(d.debit, 0), coalesce(d.credit, 0), coalesce(d.base_debit, 0), coalesce(d.base_credit, 0)
    FROM due d
    FULL JOIN (SELECT * FROM {table} WHERE company_id = :company) b USING (year_id, number, {keys})
    WHERE (coalesce(b.debit, 0), coalesce(b.credit, 0), coalesce(b.base_debit, 0), coalesce(b.base_credit, 0))
       IS DISTINCT FROM
          (coalesce(d.debit, 0), coalesce(d.credit, 0), coalesce(d.base_debit, 0), coalesce(d.base_credit, 0))
    ORDER BY 1, 2, 3, 4
"""


@dataclass(frozen=True)
class Difference:
    """A maintained balance that is not what the lines add up to.

    :ivar maintained: debit, credit, base debit, base credit as stored
    :ivar computed: the same from the lines
    """

    table: str
    key: tuple[int, ...]
    maintained: tuple[Any, ...]
    computed: tuple[Any, ...]

    def __str__(self) -> str:
        names = ", ".join(("year", "period", *(name.removesuffix("_id") for name in _KEYS[self.table].split(", "))))
        stored, right = ("/".join(f"{value:f}" for value in values) for values in (self.maintained, self.computed))
        columns = "debit/credit/base debit/base credit"
        return f"{self.table} ({names}) = {self.key}: stored {stored}, the lines say {right} ({columns})"


def _sql(template: str, table: str, lines: str) -> Any:
    keys = _KEYS[table]
    names = keys.split(", ")
    line_keys = ", ".join(f"l.{name}" for name in names)
    moved_keys = ", ".join(f"m.{name}" for name in names)
    dimensioned = " AND l.details_id IS NOT NULL" if "details_id" in keys else ""
    moved = _MOVED.format(keys=keys, line_keys=line_keys, moved_keys=moved_keys, lines=lines, dimensioned=dimensioned)
    return text(template.format(moved=moved, table=table, keys=keys))


_ADD_ACCOUNTS = _sql(_ADD_AND_TELL, "finance_balance", _CHOSEN)
_ADD_DIMENSIONS = _sql(_ADD, "finance_dimension_balance", _CHOSEN)
_ADD_GIVEN = {table: _sql(_ADD, table, _GIVEN) for table in _KEYS}
_ADD_POSTED = {table: _sql(_ADD, table, _POSTED) for table in _KEYS}
_COMPARE_POSTED = {table: _sql(_COMPARE, table, _POSTED) for table in _KEYS}


def add_vouchers(ctx: Context, vouchers: Sequence[int]) -> None:
    """Add the movements of vouchers that are being posted, and carry them forward into later years."""
    params = {"company": ctx.company.id, "vouchers": list(vouchers)}
    if ctx.session.scalar(_ADD_ACCOUNTS, params):
        ctx.session.execute(_ADD_DIMENSIONS, params)


def add_lines(ctx: Context, lines: Sequence[Mapping[str, Any]]) -> None:
    """Add the movements of lines that are about to be inserted with their posted vouchers.

    :param lines: each with ``period_id``, ``account_id``, ``currency_id``, ``details_id``, ``debit``, ``credit`` and
        ``base``
    """
    params: dict[str, Any] = {name: array([line[name] for line in lines]) for name in _GIVEN_TYPES}
    params["company"] = ctx.company.id
    ctx.session.execute(_ADD_GIVEN["finance_balance"], params)
    if any(line["details_id"] is not None for line in lines):
        ctx.session.execute(_ADD_GIVEN["finance_dimension_balance"], params)


def halt_posting(ctx: Context) -> None:
    """Let nobody post until the transaction ends: posting holds its periods, and waits for them here."""
    ctx.session.execute(
        text("SELECT id FROM finance_period WHERE company_id = :company ORDER BY id FOR NO KEY UPDATE"),
        {"company": ctx.company.id},
    )


def bring_forward(ctx: Context, year: int) -> None:
    """Give a new year its opening balances: those of the year before it at its end."""
    for table, keys in _KEYS.items():
        ctx.session.execute(
            text(
                f"INSERT INTO {table} (company_id, year_id, number, {keys}, debit, credit, base_debit, base_credit) "  # noqa: S608
                f"SELECT :company, :year, 0, {keys}, sum(debit - credit), 0, sum(base_debit - base_credit), 0 "
                f"FROM {table} "
                "WHERE company_id = :company AND year_id = (SELECT y.id FROM finance_fiscal_year y "
                "WHERE y.company_id = :company AND y.start < (SELECT start FROM finance_fiscal_year WHERE id = :year) "
                f"ORDER BY y.start DESC LIMIT 1) GROUP BY {keys}"
            ),
            {"company": ctx.company.id, "year": year},
        )


def differences(ctx: Context) -> list[Difference]:
    """Compare every maintained balance of the company with its lines."""
    found: list[Difference] = []
    for table, statement in _COMPARE_POSTED.items():
        width = 2 + len(_KEYS[table].split(", "))
        for row in ctx.session.execute(statement, {"company": ctx.company.id}):
            values = tuple(row)
            found.append(Difference(table, values[:width], values[width : width + 4], values[width + 4 :]))
    return found


def rebuild(ctx: Context) -> None:
    """Compute every balance of the company anew; posting waits meanwhile."""
    params = {"company": ctx.company.id}
    halt_posting(ctx)
    for table in _KEYS:
        ctx.session.execute(text(f"DELETE FROM {table} WHERE company_id = :company"), params)  # noqa: S608
        ctx.session.execute(_ADD_POSTED[table], params)
