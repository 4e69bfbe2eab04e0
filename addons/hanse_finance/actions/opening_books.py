"""Open the books with what was entered, and take that back while nothing else is posted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from hanse import BusinessError, Context, Errors, Records, _, action
from hanse.i18n import speaking
from hanse_finance.actions.posting import insert_posted
from hanse_finance.actions.reversal import red_voucher
from hanse_finance.books import halt_posting
from hanse_finance.checks import lock_periods
from hanse_finance.entry import prepare_opening, provisional_numbers
from hanse_finance.models import Opening, OpeningState, Period, PeriodState, Reversal, Voucher, VoucherState
from hanse_finance.permissions import Finance
from hanse_finance.takeover.checking import check
from hanse_finance.takeover.entering import refuse_opened
from hanse_finance.takeover.sheet import Line, Sheet, read_lines, read_sheet
from hanse_finance.takeover.writing import opening_vouchers


@action(
    Opening,
    name="open",
    label=_("Open the books"),
    permission=Finance.OPEN_BOOKS,
    icon="lock-open",
    hidden=True,
)
def open_books(ctx: Context, openings: Records[Opening]) -> list[int]:
    """Check the sheet, post it as vouchers, and close the periods before the books for good; give the vouchers.

    Who entered the sheet is their maker, who opens the books audits and posts them: two persons (会计基础工作规范).

    :raises BusinessError: nothing was entered, something differs or is wrong, the person entered it, or vouchers stand
        in the periods before
    """
    (opening,) = list(openings)
    refuse_opened(openings)
    halt_posting(ctx)
    sheet = read_sheet(ctx, opening)
    if not sheet.lines:
        raise BusinessError(_("No opening balance has been entered yet."))
    maker = _maker(ctx, sheet.lines)
    _refuse_faults(sheet)
    first, zero = opening.first, opening.period
    if first.state is PeriodState.CLOSED:
        raise BusinessError(_("Period %(period)s is closed already.", period=first.code))
    _refuse_strangers(ctx, opening)
    _set_before(ctx, opening, PeriodState.OPEN)
    before = first.start - timedelta(days=1) if sheet.mid_year else None
    made = _post(ctx, _sourced(ctx, opening, sheet, zero.start, before), maker)
    _set_before(ctx, opening, PeriodState.CLOSED)
    state = {"state": OpeningState.OPENED, "opened_at": ctx.now, "opened_by": ctx.user.id}
    ctx.update(openings, {**state, "round": opening.round + 1})
    return made


def _refuse_faults(sheet: Sheet) -> None:
    """Refuse a sheet that differs or cannot be posted.

    :raises BusinessError: all that is wrong
    """
    found = check(sheet)
    errors = [
        BusinessError(
            _(
                "%(what)s: %(left)s and %(right)s differ by %(gap)s.",
                what=pair.label,
                left=pair.left,
                right=pair.right,
                gap=abs(pair.difference),
            )
        )
        for pair in found.pairs
        if pair.difference
    ] + [BusinessError(finding.message) for finding in found.findings if finding.bad]
    if errors:
        raise errors[0] if len(errors) == 1 else Errors(errors)


def _sourced(ctx: Context, opening: Opening, sheet: Sheet, begins: date, before: date | None) -> list[dict[str, Any]]:
    with speaking(ctx.company.locale):  # books are kept in one language, whoever writes
        values = opening_vouchers(sheet, begins, before)
    return [
        {**one, "source": f"opening:{opening.id}:{opening.round + 1}:{number}"}
        for number, one in enumerate(values, start=1)
    ]


def _maker(ctx: Context, lines: Iterable[Line]) -> int:
    """Give who entered most of the sheet.

    :raises BusinessError: the acting user entered part of it
    """
    count: dict[int, int] = {}
    for line in lines:
        if line.entered_by is not None:
            count[line.entered_by] = count.get(line.entered_by, 0) + 1
    if ctx.user.id in count:
        raise BusinessError(_("You entered opening balances yourself; somebody else must open the books."))
    return max(count, key=lambda user: (count[user], -user))


def _refuse_strangers(ctx: Context, opening: Opening) -> None:
    """Refuse to close periods in which other vouchers stand."""
    query = (
        select(Period.code, func.count())
        .select_from(Voucher)
        .join(Period, Period.id == Voucher.period_id)
        .where(
            Voucher.company_id == ctx.company.id,
            Period.start < opening.first.start,
            Period.number > 0,
            Voucher.state != VoucherState.VOID,
            Voucher.id.not_in(_own_vouchers(ctx, opening)),
        )
        .group_by(Period.code)
        .order_by(Period.code)
    )
    row = ctx.session.execute(query).first()
    if row is not None:
        raise BusinessError(
            _(
                "%(count)s vouchers stand in %(period)s, before the books begin with %(first)s. "
                "Void drafts, or begin with an earlier period.",
                count=row[1],
                period=row[0],
                first=opening.first.code,
            )
        )


def _own_vouchers(ctx: Context, opening: Opening) -> Any:
    """Select the vouchers of this taking over, and those that reversed them."""
    own = select(Voucher.id).where(
        Voucher.company_id == ctx.company.id, Voucher.source.startswith(f"opening:{opening.id}:", autoescape=True)
    )
    red = select(Reversal.voucher_id).where(
        Reversal.company_id == ctx.company.id, Reversal.original_id.in_(own.scalar_subquery())
    )
    return own.union(red)


def _set_before(ctx: Context, opening: Opening, state: PeriodState) -> None:
    """Open or close every period before the first one of the books."""
    periods = ctx.all(Period, Period.start < opening.first.start, Period.state != state)
    if periods.ids:
        ctx.update(periods, {"state": state})


def _post(ctx: Context, values: Sequence[Mapping[str, Any]], maker: int) -> list[int]:
    rows = prepare_opening(ctx, [{**value, "maker": maker} for value in values])
    lock_periods(ctx, {row["period"] for row in rows})
    provisional_numbers(ctx, rows)
    return insert_posted(ctx, rows)


@action(
    Opening,
    name="take_back",
    label=_("Take opening back"),
    permission=Finance.OPEN_BOOKS,
    icon="arrow-back-up",
    hidden=True,
    labels={"reason": _("Reason")},
)
def take_back(ctx: Context, openings: Records[Opening], *, reason: str) -> list[int]:
    """Reverse the opening vouchers in red, so that the sheet can be corrected; give the red vouchers.

    Only while nothing else is posted.  Afterwards a wrong opening is corrected as any other error: by a red voucher,
    or one over the difference, in the first open period.

    :raises BusinessError: the books are not open, something else is posted, a period is closed, or the person entered
        the sheet
    """
    (opening,) = list(openings)
    if opening.state is not OpeningState.OPENED:
        raise BusinessError(_("The books are not open yet."), record=opening.id)
    if not reason.strip():
        raise BusinessError(_("Give a reason."), field="reason")
    halt_posting(ctx)
    maker = _maker(ctx, read_lines(ctx, opening.id))
    _refuse_posted(ctx, opening)
    _set_before(ctx, opening, PeriodState.OPEN)
    prefix = f"opening:{opening.id}:{opening.round}:"
    originals = list(ctx.all(Voucher, Voucher.source.startswith(prefix, autoescape=True)))
    with speaking(ctx.company.locale):
        values = [red_voucher(voucher, voucher.day) for voucher in originals]
    made = _post(ctx, values, maker)
    pairs = [{"voucher": red, "original": voucher.id} for red, voucher in zip(made, originals, strict=True)]
    ctx.insert(Reversal, pairs)
    ctx.comment(opening, _("Opening taken back: %(reason)s", reason=reason.strip()))
    ctx.update(openings, {"state": OpeningState.DRAFT, "opened_at": None, "opened_by": None})
    return made


def _refuse_posted(ctx: Context, opening: Opening) -> None:
    for problem in _posted_since(ctx, opening):
        raise problem


def _posted_since(ctx: Context, opening: Opening) -> Iterator[BusinessError]:
    count = ctx.session.scalar(
        select(func.count()).where(
            Voucher.company_id == ctx.company.id,
            Voucher.state == VoucherState.POSTED,
            Voucher.id.not_in(_own_vouchers(ctx, opening)),
        )
    )
    if count:
        yield BusinessError(
            _(
                "%(count)s vouchers are posted since. Correct the opening by a voucher over the difference, "
                "or reverse its voucher in red and write it anew, in an open period.",
                count=count,
            ),
            record=opening.id,
        )
    closed = ctx.session.scalar(
        select(Period.code)
        .where(
            Period.company_id == ctx.company.id,
            Period.start >= opening.first.start,
            Period.state == PeriodState.CLOSED,
        )
        .order_by(Period.start.desc())
        .limit(1)
    )
    if closed is not None:
        yield BusinessError(_("Period %(period)s is closed. Reopen it first.", period=closed), record=opening.id)
