"""Take over books: begin, enter opening balances, open the books with them, take that back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from hanse import BusinessError, Context, Errors, Records, StoredFile, _, action
from hanse.actions.values import WrongValue, convert, unit
from hanse.i18n import speaking
from hanse_finance.actions.posting import insert_posted
from hanse_finance.actions.reversal import red_voucher
from hanse_finance.books import halt_posting
from hanse_finance.checks import lock_periods
from hanse_finance.entry import prepare_opening, provisional_numbers
from hanse_finance.models import (
    DimensionSet,
    DimensionSetValue,
    FiscalYear,
    Opening,
    OpeningLine,
    OpeningState,
    Period,
    PeriodState,
    Reversal,
    Voucher,
    VoucherState,
)
from hanse_finance.permissions import Finance
from hanse_finance.takeover.checking import check
from hanse_finance.takeover.sheet import (
    AMOUNTS,
    FOREIGN,
    Key,
    Line,
    SheetAccount,
    merged,
    read_accounts,
    read_lines,
    read_sheet,
)
from hanse_finance.takeover.writing import opening_vouchers


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
    _refuse_opened(openings)
    if profit is not None and not ctx.all(_account(), _account().id == profit).ids:
        raise BusinessError(_("Choose an account of this company."), field="profit")
    ctx.update(openings, {"profit": profit})


def _account() -> Any:
    from hanse_finance.models import Account

    return Account


@action(Opening, name="keep_file", label=_("Keep balance file"), permission=Finance.TAKE_OVER, hidden=True)
def keep_balance_file(ctx: Context, openings: Records[Opening], *, stored: StoredFile | None) -> None:
    """Keep the file that balances are read from beside the sheet."""
    _refuse_opened(openings)
    ctx.update(openings, {"balances": stored})


# --- entering ---------------------------------------------------------------------------------------------------------


@action(Opening, name="enter", label=_("Enter opening balances"), permission=Finance.TAKE_OVER, hidden=True)
def enter_balances(ctx: Context, openings: Records[Opening], *, lines: list[Mapping[str, Any]]) -> int:
    """Enter what accounts open with; give how many lines changed.

    :param lines: ``account``, and ``details`` and ``currency`` where it has them, are what is meant; of the amounts of
        :class:`OpeningLine` those that are given are changed, and a line whose amounts are all zero is dropped
    :raises BusinessError: all that is wrong at once, ``field`` is ``<line>.<field>``; or the books are open
    """
    _refuse_opened(openings)
    (opening,) = list(openings)
    given = _Entering(ctx, opening).read(lines)
    there = read_lines(ctx, opening.id)
    return _write(ctx, opening.id, there, merged(there, given))


@action(Opening, name="replace", label=_("Replace opening balances"), permission=Finance.TAKE_OVER, hidden=True)
def replace_balances(ctx: Context, openings: Records[Opening], *, lines: list[Mapping[str, Any]]) -> int:
    """Enter what accounts open with in place of all that was entered; give how many lines changed.

    :raises BusinessError: as for entering
    """
    _refuse_opened(openings)
    (opening,) = list(openings)
    given = _Entering(ctx, opening).read(lines)
    return _write(ctx, opening.id, read_lines(ctx, opening.id), [one for one in given.values() if not one.is_empty])


@action(
    Opening, name="replace_account", label=_("Replace opening of an account"), permission=Finance.TAKE_OVER, hidden=True
)
def replace_account(ctx: Context, openings: Records[Opening], *, account: int, lines: list[Mapping[str, Any]]) -> int:
    """Enter what one account opens with in place of what was entered for it; give how many lines changed.

    :raises BusinessError: as for entering
    """
    _refuse_opened(openings)
    (opening,) = list(openings)
    given = _Entering(ctx, opening).read([{**line, "account": account} for line in lines])
    there = read_lines(ctx, opening.id)
    others = [line for line in there if line.account != account]
    return _write(ctx, opening.id, there, [*others, *(one for one in given.values() if not one.is_empty)])


def _refuse_opened(openings: Records[Opening]) -> None:
    for opening in openings:
        if opening.state is not OpeningState.DRAFT:
            raise BusinessError(
                _("The books are open; opening balances cannot be changed. Correct them by a voucher."),
                record=opening.id,
            )


class _Entering:
    """Lines on their way into the sheet; collects everything that is wrong with them."""

    def __init__(self, ctx: Context, opening: Opening) -> None:
        self.ctx = ctx
        self.accounts = read_accounts(ctx)
        self.there = {line.key: line for line in read_lines(ctx, opening.id)}
        self.mid_year = opening.first.number > 1
        self.places: dict[int, int] = {}
        self.sets: dict[int, frozenset[int]] = {}
        self.errors: list[BusinessError] = []

    def read(self, lines: Sequence[Mapping[str, Any]]) -> dict[Key, Line]:
        """Give the lines by what they are meant for.

        :raises BusinessError: something is wrong
        """
        self._read_sets({line["details"] for line in lines if line.get("details")})
        self._read_places({line["currency"] for line in lines if line.get("currency")})
        found: dict[Key, Line] = {}
        for place, given in enumerate(lines):
            line = self._line(given, place)
            if line is None:
                continue
            if line.key in found:
                self._wrong(_("This account, dimensions and currency are entered twice."), place, "account")
            found[line.key] = line
        if self.errors:
            raise self.errors[0] if len(self.errors) == 1 else Errors(self.errors)
        return found

    def _read_sets(self, ids: set[int]) -> None:
        query = (
            select(DimensionSet.id, func.array_agg(DimensionSetValue.dimension_id))
            .join(DimensionSetValue, DimensionSetValue.set_id == DimensionSet.id)
            .where(DimensionSet.company_id == self.ctx.company.id, DimensionSet.id.in_(ids))
            .group_by(DimensionSet.id)
        )
        self.sets = {key: frozenset(dimensions) for key, dimensions in self.ctx.session.execute(query)} if ids else {}

    def _read_places(self, ids: set[int]) -> None:
        from hanse.directory.models import Currency

        query = select(Currency.id, Currency.places).where(Currency.id.in_(ids))
        self.places = dict(self.ctx.session.execute(query).all()) if ids else {}

    def _wrong(self, message: Any, place: int, name: str) -> None:
        self.errors.append(BusinessError(message, field=f"{place}.{name}"))

    def _line(self, given: Mapping[str, Any], place: int) -> Line | None:
        account = self.accounts.get(given.get("account") or 0)
        if account is None:
            self._wrong(_("Choose an account of this company."), place, "account")
            return None
        faults = len(self.errors)
        own = Line(account.id, given.get("details") or None, self._currency(given, account, place))
        old = self.there.get(own.key, own)
        amounts: dict[str, Any] = {
            name: self._amount(name, given[name], own.currency, place) for name in (*AMOUNTS, *FOREIGN) if name in given
        }
        line = replace(old, **amounts)
        if not line.is_empty:
            self._check_account(account, line, place)
        return line if len(self.errors) == faults else None

    def _currency(self, given: Mapping[str, Any], account: SheetAccount, place: int) -> int | None:
        currency: int | None = given.get("currency") or None
        if currency == self.ctx.company.currency_id:
            currency = None
        if currency is not None and currency not in self.places:
            self._wrong(_("Choose a currency from the list."), place, "currency")
        if account.currency is not None and currency != account.currency and not self._says_nothing(given):
            message = _("%(account)s is kept in a foreign currency; enter the amount in it.", account=account.full_name)
            self._wrong(message, place, "currency")
        return currency

    @staticmethod
    def _says_nothing(given: Mapping[str, Any]) -> bool:
        return not any(given.get(name) for name in (*AMOUNTS, *FOREIGN))

    def _amount(self, name: str, given: Any, currency: int | None, place: int) -> Decimal | None:
        foreign = name in FOREIGN
        try:
            amount: Decimal | None = convert(OpeningLine.__fields__[name], given) if given is not None else None
        except WrongValue as error:
            self._wrong(error.message, place, name)
            return Decimal(0)
        if foreign and currency is None:
            if amount:
                self._wrong(_("A foreign amount needs its currency."), place, name)
            return None
        if foreign:
            return None if not amount else self._exact(amount, self.places.get(currency or 0, 2), place, name)
        return self._exact(amount or Decimal(0), self.ctx.company.places, place, name)

    def _exact(self, amount: Decimal, places: int, place: int, name: str) -> Decimal:
        if amount != amount.quantize(unit(places)):
            message = _("%(amount)s has more than %(places)s decimals.", amount=amount, places=places)
            self._wrong(message, place, name)
        return amount

    def _check_account(self, account: SheetAccount, line: Line, place: int) -> None:
        name = account.full_name
        if not account.leaf:
            self._wrong(_("%(account)s has accounts below it; enter their balances.", account=name), place, "account")
        elif not account.active:
            self._wrong(_("%(account)s is no longer used.", account=name), place, "account")
        if self.sets.get(line.details or 0, frozenset()) != account.dimensions:
            if account.dimensions:
                message = _("%(account)s asks for dimensions; enter it by combination.", account=name)
            else:
                message = _("%(account)s asks for no dimensions.", account=name)
            self._wrong(message, place, "details")
        if not self.mid_year and (line.debit or line.credit):
            message = _("%(account)s has amounts of the year to date, but the books begin with the year.", account=name)
            self._wrong(message, place, "debit")


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


# --- opening the books ------------------------------------------------------------------------------------------------


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
    _refuse_opened(openings)
    halt_posting(ctx)
    sheet = read_sheet(ctx, opening)
    if not sheet.lines:
        raise BusinessError(_("No opening balance has been entered yet."))
    maker = _maker(ctx, sheet.lines)
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


def _sourced(ctx: Context, opening: Opening, sheet: Any, begins: date, before: date | None) -> list[dict[str, Any]]:
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
