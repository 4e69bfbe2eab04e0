"""Take over books: begin, enter opening balances, or give it up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Records, StoredFile, _, action
from hanse_finance.books import halt_posting
from hanse_finance.models import Account, FiscalYear, Opening, OpeningLine, OpeningState, Period, PeriodState
from hanse_finance.permissions import Finance
from hanse_finance.takeover.entering import Entering, refuse_opened
from hanse_finance.takeover.sheet import Line, merged, read_lines


@action(Opening, name="begin", label=_("Take over books"), permission=Finance.TAKE_OVER, creates=True, hidden=True)
def begin_taking_over(ctx: Context, openings: Records[Opening], *, period: str, profit: int | None = None) -> list[int]:
    """Begin to take over the books: the first year gets its opening period, number 0.

    :param period: code of the first period of the books here, such as ``2025-01`` or, within a year, ``2025-07``
    :param profit: the account that income and expenses of the months before were transferred to
    :raises BusinessError: there is no such period, it is closed, or a fiscal year lies before its own
    """
    halt_posting(ctx)
    first = ctx.all(Period, Period.code == period, Period.number > 0).ids
    if not first:
        message = _("%(company)s has no period %(period)s.", company=ctx.company.name, period=period)
        raise BusinessError(message, field="period")
    found = ctx.all(Period, Period.id == first[0]).one()
    year = found.year
    _refuse_earlier_year(ctx, year)
    if found.state is PeriodState.CLOSED:
        raise BusinessError(_("Period %(period)s is closed already.", period=period), field="period")
    there = ctx.session.scalar(select(Opening.id).where(Opening.company_id == ctx.company.id))
    if there is not None:
        raise BusinessError(_("The books of this company are being taken over already."))
    eve = year.start - timedelta(days=1)
    values = {"year": year.id, "number": 0, "code": f"{year.name}-00", "start": eve, "end": eve}
    (zero,) = ctx.insert(Period, [values])
    return ctx.insert(Opening, [{"first": found.id, "period": zero, "profit": profit}])


def _refuse_earlier_year(ctx: Context, year: FiscalYear) -> None:
    earlier = ctx.session.scalar(
        select(FiscalYear.name)
        .where(FiscalYear.company_id == ctx.company.id, FiscalYear.start < year.start)
        .order_by(FiscalYear.start)
        .limit(1)
    )
    if earlier is not None:
        raise BusinessError(
            _("Books begin in the first year; %(earlier)s lies before %(year)s.", earlier=earlier, year=year.name),
            field="period",
        )


@action(
    Opening,
    name="abandon",
    label=_("Give up taking over"),
    permission=Finance.TAKE_OVER,
    icon="trash",
    hidden=True,
    deletes=True,
)
def abandon_taking_over(ctx: Context, openings: Records[Opening]) -> None:
    """Forget what was entered, and the opening period with it.

    :raises BusinessError: the books were opened once
    """
    for opening in list(openings):
        if opening.state is not OpeningState.DRAFT or opening.round:
            raise BusinessError(
                _("The books were opened; what was posted stays. Take it back, and open them again."), record=opening.id
            )
    periods = openings[Opening.period_id]
    ctx.delete(ctx.all(OpeningLine, OpeningLine.opening_id.in_(openings.ids)))
    ctx.delete(openings)
    ctx.delete(ctx.all(Period, Period.id.in_(periods)))


@action(Opening, name="choose_profit", label=_("Choose profit account"), permission=Finance.TAKE_OVER, hidden=True)
def choose_profit_account(ctx: Context, openings: Records[Opening], *, profit: int | None = None) -> None:
    """Say which account income and expenses were transferred to.

    :raises BusinessError: it is none of the company's, or the books are open
    """
    refuse_opened(openings)
    if profit is not None and not ctx.all(Account, Account.id == profit).ids:
        raise BusinessError(_("Choose an account of this company."), field="profit")
    ctx.update(openings, {"profit": profit})


@action(Opening, name="keep_file", label=_("Keep balance file"), permission=Finance.TAKE_OVER, hidden=True)
def keep_balance_file(ctx: Context, openings: Records[Opening], *, stored: StoredFile | None) -> None:
    """Keep the file that balances are read from beside the sheet."""
    refuse_opened(openings)
    ctx.update(openings, {"balances": stored})


# --- entering ---------------------------------------------------------------------------------------------------------


@action(Opening, name="enter", label=_("Enter opening balances"), permission=Finance.TAKE_OVER, hidden=True)
def enter_balances(ctx: Context, openings: Records[Opening], *, lines: list[Mapping[str, Any]]) -> int:
    """Enter what accounts open with; give how many lines changed.

    :param lines: ``account``, and ``details`` and ``currency`` where it has them, are what is meant; of the amounts of
        :class:`OpeningLine` those that are given are changed, and a line whose amounts are all zero is dropped
    :raises BusinessError: all that is wrong at once, ``field`` is ``<line>.<field>``; or the books are open
    """
    refuse_opened(openings)
    (opening,) = list(openings)
    given = Entering(ctx, opening).read(lines)
    there = read_lines(ctx, opening.id)
    return _write(ctx, opening.id, there, merged(there, given))


@action(Opening, name="replace", label=_("Replace opening balances"), permission=Finance.TAKE_OVER, hidden=True)
def replace_balances(ctx: Context, openings: Records[Opening], *, lines: list[Mapping[str, Any]]) -> int:
    """Enter what accounts open with, in place of all that was entered for the accounts that occur; count the changes.

    :param lines: as for entering; an account of which nothing is left occurs once, without amounts
    :raises BusinessError: as for entering
    """
    refuse_opened(openings)
    (opening,) = list(openings)
    given = Entering(ctx, opening, afresh=True).read(lines)
    there = read_lines(ctx, opening.id)
    meant = {line["account"] for line in lines}
    others = [line for line in there if line.account not in meant]
    return _write(ctx, opening.id, there, [*others, *(one for one in given.values() if not one.is_empty)])


def _write(ctx: Context, opening: int, there: Sequence[Line], wanted: Sequence[Line]) -> int:
    """Make the sheet what is wanted; lines that stay as they are keep who entered them."""
    old = {line.key: line for line in there}
    new = {line.key: line for line in wanted}
    gone = [line.id for key, line in old.items() if key not in new and line.id is not None]
    fresh = [line for key, line in new.items() if key not in old]
    changed = [line for key, line in new.items() if key in old and line.amounts() != old[key].amounts()]
    if gone:
        ctx.delete(ctx.all(OpeningLine, OpeningLine.id.in_(gone)))
    if fresh:
        ctx.insert(OpeningLine, [_values(ctx, opening, line) for line in fresh])
    for line in changed:
        ctx.update(
            ctx.all(OpeningLine, OpeningLine.id == old[line.key].id), {**line.amounts(), "entered_by": ctx.user.id}
        )
    return len(gone) + len(fresh) + len(changed)


def _values(ctx: Context, opening: int, line: Line) -> dict[str, Any]:
    own = {"opening": opening, "account": line.account, "details": line.details, "currency": line.currency}
    return {**own, **line.amounts(), "entered_by": ctx.user.id}
