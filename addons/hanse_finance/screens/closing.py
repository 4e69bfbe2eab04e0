"""The closing page: what is left to do before a period can be closed, each with the way to do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hanse import BusinessError, Context, _, page
from hanse.actions import find_action
from hanse.i18n import Label, format_moment
from hanse_finance.closing.checks import Finding, Level, Result, check_period
from hanse_finance.closing.sealing import digests
from hanse_finance.closing.steps import is_last, steps
from hanse_finance.models import ClosedReport, Period, PeriodState, Voucher, VoucherKind, VoucherState
from hanse_finance.permissions import Finance
from hanse_finance.statements.definition import Sheet

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

Values = dict[str, Any]
_TONES = {Level.OK: "ok", Level.WARNING: "warn", Level.ERROR: "bad"}
_CLOSE, _REOPEN, _POST = "finance.period.close", "finance.period.reopen", "finance.voucher.audit_post"
_REPORTS: dict[str, Label] = {
    "trial_balance": _("Trial balance"),
    Sheet.BALANCE.value: _("Balance sheet"),
    Sheet.INCOME.value: _("Income statement"),
    Sheet.CASH.value: _("Cash flow statement"),
}


@page(
    "closing",
    title=_("Close a period"),
    menu="finance",
    icon="lock",
    order=45,
    shortcut="c",
    permission="finance.period.read",
)
def closing(request: WebRequest) -> Response:
    """Show what stands against closing a period; do one of the things that help."""
    from pyramid.httpexceptions import HTTPSeeOther

    from hanse.web.page import page_of, render  # Pyramid is loaded by the web only

    ctx = request.ctx
    periods = _periods(ctx)
    if not periods:
        raise BusinessError(_("There is no period yet. Open a fiscal year first."))
    period = _chosen(periods, _asked(request, "period"), _asked(request, "record"))
    if request.method == "POST":
        _do(request, period)
        return HTTPSeeOther(request.to("/finance/closing", period=period.code))
    return render(
        request,
        "finance/closing.jinja2",
        page_of(request, _("Close a period")),
        closing=_shown(request, periods, period),
    )


def _asked(request: WebRequest, name: str) -> str:
    value = request.params.get(name, "")
    return value if isinstance(value, str) else ""


def _periods(ctx: Context) -> Sequence[Period]:
    ctx.require("finance.period.read")
    query = select(Period).where(Period.company_id == ctx.company.id, Period.number > 0).order_by(Period.start.desc())
    return ctx.session.scalars(query).all()


def _chosen(periods: Sequence[Period], code: str, record: str) -> Period:
    """Give the period asked for by its code or id; else the first that is open; else the last."""
    for one in periods:
        if code == one.code or record == str(one.id):
            return one
    opened = [one for one in periods if one.state is PeriodState.OPEN]
    return opened[-1] if opened else periods[0]


def _do(request: WebRequest, period: Period) -> None:
    """Run what the person asked for; a refusal is told, and nothing of it stays."""
    name = str(request.POST.get("do", ""))
    from hanse.web.views.forms import tell  # Pyramid is loaded by the web only

    action = find_action(name)
    offered = {
        _CLOSE,
        _REOPEN,
        _POST,
        "finance.period.assign_cash",
        *(step.verb for step in steps(request.ctx, period)),
    }
    if action is None or name not in offered:
        raise BusinessError(_("There is no such action."))
    params: dict[str, Any] = {"reason": _asked(request, "reason")} if name == _REOPEN else {}
    ids = _waiting(request.ctx, period) if name == _POST else [period.id]
    try:
        outcome = request.ctx.run(action, ids, **params)
    except BusinessError as error:
        request.say(str(error), "bad")
        return
    tell(request, action, outcome)


def _waiting(ctx: Context, period: Period) -> list[int]:
    """Give the closing vouchers of a period that are drafts and that this person did not make."""
    kinds = (VoucherKind.CLOSING, VoucherKind.REVALUATION, VoucherKind.YEAR_END)
    found = ctx.all(
        Voucher,
        Voucher.period_id == period.id,
        Voucher.state == VoucherState.DRAFT,
        Voucher.kind.in_(kinds) | Voucher.source.startswith("closing:"),
        Voucher.maker_id != ctx.user.id,
    )
    return list(found.ids)


# --- what is shown ----------------------------------------------------------------------------------------------------


def _shown(request: WebRequest, periods: Sequence[Period], period: Period) -> Values:
    ctx = request.ctx
    closed = period.state is PeriodState.CLOSED
    results = [] if closed else check_period(ctx, period)
    errors = [result for result in results if result.level is Level.ERROR]
    may = ctx.may(Finance.CLOSE)
    waiting = [] if closed or not ctx.may(Finance.POST) or not ctx.may(Finance.AUDIT) else _waiting(ctx, period)
    return {
        "url": request.to("/finance/closing"),
        "period": period.code,
        "periods": [
            {"value": one.code, "label": one.code, "closed": one.state is PeriodState.CLOSED} for one in periods
        ],
        "state": period.state.label,
        "closed": closed,
        "steps": [] if closed else _steps(request, period, results, may=may),
        "checks": [_check(request, result, may=may) for result in results],
        "ready": not errors,
        "errors": len(errors),
        "close": may and not closed,
        "post": len(waiting),
        "year_end": is_last(ctx, period),
        "sealed": _sealed(ctx, digests(ctx, period)),
        "links": _links(request, period),
        "reopen": may and closed and _is_latest(periods, period),
    }


def _steps(request: WebRequest, period: Period, results: Sequence[Result], *, may: bool) -> list[Values]:
    """Give the steps; one is due while a finding says that its action would help."""
    due = {finding.verb for result in results for finding in result.findings if finding.verb}
    return [
        {"title": step.label, "done": step.verb not in due, "verb": step.verb if may and step.verb in due else ""}
        for step in steps(request.ctx, period)
    ]


def _check(request: WebRequest, result: Result, *, may: bool) -> Values:
    return {
        "code": result.check.code,
        "title": result.check.label,
        "tone": _TONES[result.level],
        "findings": [_finding(request, one, may=may) for one in result.findings],
    }


def _finding(request: WebRequest, finding: Finding, *, may: bool) -> Values:
    action = find_action(finding.verb) if finding.verb else None
    return {
        "text": finding.message,
        "tone": _TONES[finding.level],
        "url": request.to(finding.to[0], list(finding.to[1].items())) if finding.to else "",
        "verb": action.name if action is not None and may else "",
        "label": action.label if action is not None else "",
        "icon": action.icon if action is not None else "",
    }


def _sealed(ctx: Context, kept: Sequence[ClosedReport]) -> list[Values]:
    """Give the hashes of each closing, the latest first; one that differs from that before it stands out."""
    before: dict[str, str] = {}
    rows: list[Values] = []
    for one in reversed(kept):
        rows.append(
            {
                "report": _REPORTS.get(one.report, one.report),
                "digest": one.digest,
                "at": format_moment(one.at, ctx.company.zone),
                "changed": before.get(one.report, one.digest) != one.digest,
            }
        )
        before[one.report] = one.digest
    return rows[::-1]


def _links(request: WebRequest, period: Period) -> list[Values]:
    return [
        {"label": label, "url": request.to(path, period=period.code)}
        for label, path in (
            (_("Trial balance"), "/finance/trial-balance"),
            (_("Balance sheet"), "/finance/balance-sheet"),
            (_("Income statement"), "/finance/income-statement"),
            (_("Cash flow statement"), "/finance/cash-flow"),
        )
        if request.ctx.may(Finance.REPORT)
    ]


def _is_latest(periods: Sequence[Period], period: Period) -> bool:
    return not any(one.start > period.start and one.state is PeriodState.CLOSED for one in periods)
