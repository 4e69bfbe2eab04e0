"""The maintained balances: added to when vouchers are posted, rebuilt from the lines, and compared with them.

Every statement brings its rows in the order of the table's key, so that two writers lock them in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import TextClause, text

from hanse import Context
from hanse.actions.write import array
from hanse_finance.models import Period

_KEYS = {
    "finance_balance": "account_id, currency_id",
    "finance_dimension_balance": "account_id, details_id, currency_id",
}
#: What is kept of both sides: in the currency, in the company's currency, and the quantity.
_PAIRS = (("debit", "credit"), ("base_debit", "base_credit"), ("debit_quantity", "credit_quantity"))
#: The figures of lines l.
_SUMS = {
    "debit": "coalesce(sum(l.debit), 0)",
    "credit": "coalesce(sum(l.credit), 0)",
    "base_debit": "coalesce(sum(l.base) FILTER (WHERE l.debit IS NOT NULL), 0)",
    "base_credit": "coalesce(-sum(l.base) FILTER (WHERE l.credit IS NOT NULL), 0)",
    "debit_quantity": "coalesce(sum(l.quantity) FILTER (WHERE l.debit IS NOT NULL), 0)",
    "credit_quantity": "coalesce(sum(l.quantity) FILTER (WHERE l.credit IS NOT NULL), 0)",
}
_NAMES = ", ".join(_SUMS)


def _figures(template: str) -> str:
    """Write SQL for each figure: ``{name}``, ``{sum}``."""
    return ", ".join(template.format(name=name, sum=expression) for name, expression in _SUMS.items())


def _pairs(template: str) -> str:
    """Write SQL for each pair of figures: ``{debit}``, ``{credit}``."""
    return ", ".join(template.format(debit=debit, credit=credit) for debit, credit in _PAIRS)


def _prefixed(keys: str, prefix: str) -> str:
    return ", ".join(f"{prefix}.{name}" for name in keys.split(", "))


# {sums} are figures by year, number of the period and key; movements, then what these bring forward into later years.
# What stands in an opening period, number 0, moves nothing: the year opens with it, net as row 0 has it.
_NET = _pairs(
    "CASE WHEN number = 0 THEN {debit} - {credit} ELSE {debit} END AS {debit}, "
    "CASE WHEN number = 0 THEN 0 ELSE {credit} END AS {credit}"
)
_BROUGHT = _pairs("sum({debit} - {credit}) AS {debit}, 0 AS {credit}")
_MOVED = f"""
    {{name}} AS MATERIALIZED (SELECT year_id, number, {{keys}}, {_NET} FROM ({{sums}}) sums),
    due_{{name}} AS (
        SELECT year_id, number, {{keys}}, {_NAMES} FROM {{name}}
        UNION ALL
        SELECT later.id, 0, {{keys}}, {_BROUGHT}
        FROM {{name}}
        JOIN finance_fiscal_year own ON own.id = year_id
        JOIN finance_fiscal_year later ON later.company_id = :company AND later.start > own.start
        GROUP BY later.id, {{keys}}
    )
"""  # noqa: S608  made of constants alone, as all here
_GROUPED = f"""
    SELECT p.year_id, p.number, {{keys}}, {_figures("{sum} AS {name}")}
    FROM {{lines}} GROUP BY p.year_id, p.number, {{keys}}
"""  # noqa: S608
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
    "quantity": "numeric",
}
_ARRAYS = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _GIVEN_TYPES.items())
_GIVEN = f"""
    unnest({_ARRAYS}) AS l({", ".join(_GIVEN_TYPES)})
    JOIN finance_period p ON p.id = l.period_id
    WHERE p.company_id = :company"""
_INSERT = f"""
    INSERT INTO {{table}} AS b (company_id, year_id, number, {{keys}}, {_NAMES})
    SELECT :company, year_id, number, {{keys}}, {_NAMES} FROM due_moved ORDER BY year_id, number, {{keys}}
    ON CONFLICT (company_id, year_id, number, {{keys}}) DO UPDATE SET {_figures("{name} = b.{name} + excluded.{name}")}
"""  # noqa: S608
_ADD = "WITH {moved}" + _INSERT
#: Says besides whether any line has dimensions, for then the other table has to be added to.
_ADD_AND_TELL = """
    WITH {moved}, added AS (INSERT)
    SELECT EXISTS (
        SELECT FROM finance_voucher_line
        WHERE company_id = :company AND voucher_id = ANY(:vouchers) AND details_id IS NOT NULL
    )
""".replace("INSERT", _INSERT)


def _moved(table: str, sums: str, name: str = "moved") -> str:
    return _MOVED.format(name=name, keys=_KEYS[table], sums=sums)


def _added(template: str, table: str, lines: str) -> TextClause:
    """Write what adds lines l with their periods p to a table."""
    keys = _KEYS[table]
    dimensioned = " AND l.details_id IS NOT NULL" if "details_id" in keys else ""
    sums = _GROUPED.format(keys=_prefixed(keys, "l"), lines=lines + dimensioned)
    return text(template.format(moved=_moved(table, sums), table=table, keys=keys))


_ADD_ACCOUNTS = _added(_ADD_AND_TELL, "finance_balance", _CHOSEN)
_ADD_DIMENSIONS = _added(_ADD, "finance_dimension_balance", _CHOSEN)
_ADD_GIVEN = {table: _added(_ADD, table, _GIVEN) for table in _KEYS}
_ADD_POSTED = {table: _added(_ADD, table, _POSTED) for table in _KEYS}


def add_vouchers(ctx: Context, vouchers: Sequence[int]) -> None:
    """Add the movements of vouchers that are being posted, and carry them forward into later years."""
    params = {"company": ctx.company.id, "vouchers": list(vouchers)}
    if ctx.session.scalar(_ADD_ACCOUNTS, params):
        ctx.session.execute(_ADD_DIMENSIONS, params)


def add_lines(ctx: Context, lines: Sequence[Mapping[str, Any]]) -> None:
    """Add the movements of lines that are about to be inserted with their posted vouchers.

    :param lines: each with ``period_id``, ``account_id``, ``currency_id``, ``details_id``, ``debit``, ``credit``,
        ``base`` and ``quantity``
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
                f"INSERT INTO {table} (company_id, year_id, number, {keys}, {_NAMES}) "  # noqa: S608
                f"SELECT :company, :year, 0, {keys}, {_BROUGHT} FROM {table} "
                "WHERE company_id = :company AND year_id = (SELECT y.id FROM finance_fiscal_year y "
                "WHERE y.company_id = :company AND y.start < (SELECT start FROM finance_fiscal_year WHERE id = :year) "
                f"ORDER BY y.start DESC LIMIT 1) GROUP BY {keys}"
            ),
            {"company": ctx.company.id, "year": year},
        )


def rebuild(ctx: Context) -> None:
    """Compute every balance of the company anew; posting waits meanwhile."""
    params = {"company": ctx.company.id}
    halt_posting(ctx)
    for table in _KEYS:
        ctx.session.execute(text(f"DELETE FROM {table} WHERE company_id = :company"), params)  # noqa: S608
        ctx.session.execute(_ADD_POSTED[table], params)


# --- comparing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """A maintained balance that is not what the lines add up to.

    :ivar maintained: debit and credit, the same in the company's currency, and the quantities, as stored
    :ivar computed: the same from the lines
    """

    table: str
    key: tuple[int, ...]
    maintained: tuple[Any, ...]
    computed: tuple[Any, ...]

    def __str__(self) -> str:
        names = ", ".join(("year", "period", *(name.removesuffix("_id") for name in _KEYS[self.table].split(", "))))
        stored, right = ("/".join(f"{value:f}" for value in values) for values in (self.maintained, self.computed))
        columns = "/".join(name.replace("_", " ") for name in _SUMS)
        return f"{self.table} ({names}) = {self.key}: stored {stored}, the lines say {right} ({columns})"


_FINEST = "account_id, details_id, currency_id"


def _of(keys: str, relation: str) -> str:
    """Add up figures by the finest key to those by another."""
    some = " WHERE details_id IS NOT NULL" if "details_id" in keys else ""
    return (
        f"SELECT year_id, number, {keys}, {_figures('sum({name}) AS {name}')} FROM {relation}{some} "  # noqa: S608
        f"GROUP BY year_id, number, {keys}"
    )


def _different(due: Mapping[str, str], within: str = "") -> str:
    """Write what finds rows of the tables that are not as others say: table, year, period, key, stored, right."""
    parts = [
        f"SELECT '{table}', year_id, number, account_id, "  # noqa: S608
        f"{'details_id' if 'details_id' in _KEYS[table] else 'NULL::bigint'}, currency_id, "
        f"{_figures('coalesce(b.{name}, 0)')}, {_figures('coalesce(d.{name}, 0)')} "
        f"FROM {others} d FULL JOIN (SELECT * FROM {table} WHERE company_id = :company{within}) b "
        f"USING (year_id, number, {_KEYS[table]}) "
        f"WHERE ({_figures('coalesce(b.{name}, 0)')}) IS DISTINCT FROM ({_figures('coalesce(d.{name}, 0)')})"
        for table, others in due.items()
    ]
    return f"{' UNION ALL '.join(parts)} ORDER BY 1 DESC, 2, 3, 4, 5, 6"


def _compare_all() -> TextClause:
    """Write what compares every balance with the lines, which are read once for both tables."""
    fine = _GROUPED.format(keys=_prefixed(_FINEST, "l"), lines=_POSTED)
    moved = ", ".join(_moved(table, _of(keys, "fine"), f"of_{table}") for table, keys in _KEYS.items())
    due = {table: f"due_of_{table}" for table in _KEYS}
    return text(f"WITH fine AS MATERIALIZED ({fine}), {moved} {_different(due)}")


#: The lines of a period's days, account by account through the index and posted or not, less those that are not posted,
#: which are few: so no voucher of the others is asked.
_OF_DAYS = f"""
    SELECT CAST(:year AS bigint) AS year_id, CAST(:number AS integer) AS number, a.id AS account_id, s.*
    FROM finance_account a CROSS JOIN LATERAL (
        SELECT l.details_id, l.currency_id, {_figures("{sum} AS {name}")} FROM finance_voucher_line l
        WHERE l.company_id = :company AND l.account_id = a.id AND l.day BETWEEN :start AND :end GROUP BY 1, 2
    ) s WHERE a.company_id = :company
    UNION ALL
    SELECT CAST(:year AS bigint), CAST(:number AS integer), l.account_id, l.details_id, l.currency_id,
        {_figures("-{sum}")}
    FROM finance_voucher v JOIN finance_voucher_line l ON l.company_id = v.company_id AND l.voucher_id = v.id
    WHERE v.company_id = :company AND v.day BETWEEN :start AND :end AND v.state <> 'posted' GROUP BY 3, 4, 5
"""  # noqa: S608


def _compare_period() -> TextClause:
    """Write what compares the movements of one period with the lines of its days."""
    due = {table: f"({_of(keys, 'fine')})" for table, keys in _KEYS.items()}
    within = " AND year_id = :year AND number = :number"
    return text(f"WITH fine AS MATERIALIZED ({_OF_DAYS}) {_different(due, within)}")


def _compare_brought() -> TextClause:
    """Write what compares the opening of a year with the balances of the year before it."""
    due = {
        table: f"(SELECT CAST(:year AS bigint) AS year_id, 0 AS number, {keys}, {_BROUGHT} FROM {table} "  # noqa: S608
        f"WHERE company_id = :company AND year_id = :before GROUP BY {keys})"
        for table, keys in _KEYS.items()
    }
    return text(_different(due, " AND year_id = :year AND number = 0"))


_COMPARE_ALL, _COMPARE_PERIOD, _COMPARE_BROUGHT = _compare_all(), _compare_period(), _compare_brought()
_YEAR_BEFORE = text(
    "SELECT y.id FROM finance_fiscal_year y JOIN finance_fiscal_year own ON own.id = :year "
    "WHERE y.company_id = :company AND y.start < own.start ORDER BY y.start DESC LIMIT 1"
)


def differences(ctx: Context) -> list[Difference]:
    """Compare every maintained balance of the company with its lines; that reads all lines there are."""
    return _found(ctx, _COMPARE_ALL, {"company": ctx.company.id})


def differences_in(ctx: Context, period: Period) -> list[Difference]:
    """Compare the movements of a period with its lines, and what its year opened with with the year before.

    Reads the lines of the period alone.
    """
    asked: dict[str, Any] = {"company": ctx.company.id, "year": period.year_id}
    days = {"number": period.number, "start": period.start, "end": period.end}
    found = _found(ctx, _COMPARE_PERIOD, asked | days)
    before: int | None = ctx.session.scalar(_YEAR_BEFORE, asked)
    if before is not None:
        found += _found(ctx, _COMPARE_BROUGHT, asked | {"before": before})
    return found


def _found(ctx: Context, statement: TextClause, params: Mapping[str, Any]) -> list[Difference]:
    width = len(_SUMS)
    return [
        Difference(
            table,
            (year, number, account, *(() if details is None else (details,)), currency),
            tuple(figures[:width]),
            tuple(figures[width:]),
        )
        for table, year, number, account, details, currency, *figures in ctx.session.execute(statement, dict(params))
    ]


__all__ = [
    "Difference",
    "add_lines",
    "add_vouchers",
    "bring_forward",
    "differences",
    "differences_in",
    "halt_posting",
    "rebuild",
]
