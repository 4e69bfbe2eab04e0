"""What the reports of a period said when it was closed, with a hash; later they must still say the same.

Posted vouchers cannot change and nothing is posted into a closed period, so the figures of a closed period cannot
either, unless somebody reaches the database.  A period that is reopened and closed again has both hashes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import select, text

from hanse import Context
from hanse_finance.models import ClosedReport, Period
from hanse_finance.reports import span_of, trial_balance
from hanse_finance.statements.working import work_out

TRIAL_BALANCE = "trial_balance"
_LATEST = text(
    """
    SELECT DISTINCT ON (p.start, r.report) p.code, r.report, r.digest, r.figures
    FROM finance_closed_report r
    JOIN finance_period p ON p.id = r.period_id AND p.company_id = r.company_id
    WHERE r.company_id = :company AND p.state = 'closed'
      AND (CAST(:before AS date) IS NULL OR p.start = (
          SELECT max(l.start) FROM finance_period l
          WHERE l.company_id = :company AND l.state = 'closed' AND l.number > 0 AND l.start < :before))
    ORDER BY p.start, r.report, r.id DESC
    """
)


def reports_of(ctx: Context, code: str) -> dict[str, str]:
    """Give the figures of each report of a period as canonical JSON: keys sorted, amounts as decimal strings."""
    found: dict[str, Any] = {
        TRIAL_BALANCE: [
            {**row.as_json(), "base_opening": f"{row.base_opening:f}", "base_closing": f"{row.base_closing:f}"}
            for row in trial_balance(ctx, span_of(ctx, code))
        ]
    }
    found |= work_out(ctx, code).as_json()
    return {name: json.dumps(figures, ensure_ascii=False, sort_keys=True) for name, figures in found.items()}


def digest(figures: str) -> str:
    """Give the SHA-256 of figures, in hexadecimal."""
    return hashlib.sha256(figures.encode()).hexdigest()


def seal(ctx: Context, period: Period) -> dict[str, str]:
    """Keep what the reports of a period say, and give their hashes.  Called inside the action that closes it."""
    figures = reports_of(ctx, period.code)
    rows = [
        {
            "period": period.id,
            "report": name,
            "digest": digest(text_),
            "figures": text_,
            "user": ctx.user.id,
            "at": ctx.now,
        }
        for name, text_ in figures.items()
    ]
    ctx.insert(ClosedReport, rows)
    return {str(row["report"]): str(row["digest"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Changed:
    """A report of a closed period that no longer says what it said.

    :ivar places: what differs, such as ``balance_sheet 4 end: 100 is now 90``
    """

    period: str
    report: str
    places: tuple[str, ...]


def changed(ctx: Context, before: date | None = None) -> list[Changed]:
    """Compare the reports of closed periods with what they said when they were closed.

    :param before: only the last closed period that begins before this day; what changes in an earlier one changes its
        opening balances as well
    """
    found: list[Changed] = []
    now: dict[str, dict[str, str]] = {}
    for code, report, kept, figures in ctx.session.execute(_LATEST, {"company": ctx.company.id, "before": before}):
        if code not in now:
            now[code] = reports_of(ctx, code)
        current = now[code].get(report, "null")
        if digest(figures) != kept or digest(current) != kept:
            found.append(Changed(code, report, tuple(_places(json.loads(figures), json.loads(current)))))
    return found


def _places(before: Any, after: Any, path: str = "") -> list[str]:
    """Say where two documents differ."""
    one, other = _by_key(before), _by_key(after)
    if one is None or other is None:
        return [] if before == after else [f"{path}: {before} → {after}"]
    return [
        place
        for key in sorted(one.keys() | other.keys())
        for place in _places(one.get(key), other.get(key), f"{path} {key}".strip())
    ]


def _by_key(given: Any) -> dict[str, Any] | None:
    """Give an object as it is, and rows of a trial balance by account and currency; None for a plain value."""
    if isinstance(given, list):
        return {f"{row['account']} {row['currency']}": row for row in cast("list[dict[str, Any]]", given)}
    return cast("dict[str, Any]", given) if isinstance(given, dict) else None


def digests(ctx: Context, period: Period) -> list[ClosedReport]:
    """Give what was kept of a period, the latest first."""
    query = select(ClosedReport).where(ClosedReport.period_id == period.id).order_by(ClosedReport.id.desc())
    return list(ctx.session.scalars(query))


__all__ = ["Changed", "changed", "digest", "digests", "reports_of", "seal"]
