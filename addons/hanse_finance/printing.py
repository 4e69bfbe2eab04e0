"""Print vouchers: which ones, in which order, and everything a form shows of them, read in a few statements a chunk."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from hanse import BusinessError, Context, _, link_id
from hanse.actions import find_action
from hanse.directory.models import Company, Currency, User
from hanse.documents.errors import DocumentError
from hanse.errors import SetupError
from hanse.files import FileStore
from hanse.paper.reading import letterhead
from hanse.security.clauses import visible_clause
from hanse_finance.binding import LOOSE, Binding, company_look, volumes
from hanse_finance.models import (
    Account,
    DimensionSetValue,
    DimensionValue,
    Period,
    Voucher,
    VoucherLine,
    VoucherPrint,
    VoucherPrintSettings,
    VoucherState,
    VoucherWord,
)
from hanse_finance.papers import VOUCHER_PAPER
from hanse_finance.permissions import Finance
from hanse_finance.printed import (
    CountedQuantity,
    ForeignAmount,
    Look,
    PrintedLine,
    PrintedVoucher,
    PrintResult,
    Side,
    VoucherForm,
)
from hanse_finance.reports import Span

#: Vouchers read at once: enough that statements do not count, few enough that memory does not.
CHUNK = 500
_ENGLISH = "en"
_DASH = "-"


# --- which vouchers ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Selection:
    """Vouchers of some periods.

    :ivar unposted: drafts and audited ones too, never void ones
    :ivar word: those of one series only
    :ivar first: the lowest final number
    :ivar last: the highest final number
    :ivar maker: those that this user made only
    :ivar state: those in this state only, whatever ``unposted`` says
    :ivar unprinted: those only that nobody has printed yet
    """

    span: Span
    unposted: bool = False
    word: str | None = None
    first: int | None = None
    last: int | None = None
    maker: int | None = None
    state: VoucherState | None = None
    unprinted: bool = False


def chosen(ctx: Context, selection: Selection) -> list[int]:
    """Give the ids of the vouchers that this person may print, by period, word and number.  One statement.

    :raises BusinessError: there is none
    """
    where = [Period.start >= selection.span.start, Period.end <= selection.span.end]
    if selection.state is not None:
        where.append(Voucher.state == selection.state)
    elif selection.unposted:
        where.append(Voucher.state != VoucherState.VOID)
    else:
        where.append(Voucher.state == VoucherState.POSTED)
    if selection.word is not None:
        where.append(VoucherWord.code == selection.word)
    if selection.first is not None:
        where.append(Voucher.number >= selection.first)
    if selection.last is not None:
        where.append(Voucher.number <= selection.last)
    if selection.maker is not None:
        where.append(link_id(Voucher.maker) == selection.maker)
    if selection.unprinted:
        where.append(not_printed(ctx))
    found = _in_order(ctx, *where)
    if not found:
        raise BusinessError(_("There are no such vouchers in %(period)s.", period=selection.span.label))
    return found


def not_printed(ctx: Context) -> ColumnElement[bool]:
    """Give the condition that nobody has printed a voucher."""
    printed = select(VoucherPrint.id).where(
        VoucherPrint.company_id == ctx.company.id, link_id(VoucherPrint.voucher) == Voucher.id
    )
    return ~printed.exists()


def in_order(ctx: Context, ids: Sequence[int]) -> list[int]:
    """Give those of the vouchers that this person may print, by period, word and number."""
    return _in_order(ctx, Voucher.id.in_(ids))


def _in_order(ctx: Context, *where: ColumnElement[bool]) -> list[int]:
    """Those without a final number stand after those with one, by their provisional number."""
    ctx.require(Finance.PRINT)
    query = (
        select(Voucher.id)
        .join(Period, Period.id == link_id(Voucher.period))
        .join(VoucherWord, VoucherWord.id == link_id(Voucher.word))
        .where(Voucher.company_id == ctx.company.id, visible_clause(ctx, Voucher, Finance.PRINT), *where)
        .order_by(
            Period.start,
            VoucherWord.position,
            VoucherWord.code,
            Voucher.number.nulls_last(),
            Voucher.provisional,
            Voucher.id,
        )
    )
    return list(ctx.session.scalars(query))


# --- into a file ------------------------------------------------------------------------------------------------------


def print_to(
    ctx: Context,
    ids: Sequence[int],
    form: VoucherForm,
    out: BinaryIO,
    *,
    files: FileStore,
    locale: str,
    look: Look | None = None,
    binding: Binding = LOOSE,
    title: str = "",
    progress: Callable[[int], None] | None = None,
) -> PrintResult:
    """Print vouchers in the order of ``ids`` into one PDF file, and note that they were printed.

    They are read a chunk at a time, as the form asks for them, so memory does not grow with their number.

    :param look: None: as the company has set
    :raises BusinessError: an addon refuses the action ``finance.voucher.print``, or fonts or Pango are missing
    """
    look = company_look(ctx) if look is None else look
    if form.of_company is not None:
        form = form.of_company(ctx, form)
    look = look.on(form)
    head = letterhead(ctx, files, VOUCHER_PAPER)
    parts = volumes(ctx, ids, form, look, binding, locale, lambda some: _printed(ctx, some, form, locale))
    try:
        return form.printer(parts, out=out, locale=locale, letterhead=head, look=look, title=title, progress=progress)
    except DocumentError as error:  # trying again would not help, and the person can be told what would
        raise BusinessError(str(error)) from error


def _printed(ctx: Context, ids: Sequence[int], form: VoucherForm, locale: str) -> Iterator[PrintedVoucher]:
    action = find_action("finance.voucher.print")
    assert action is not None
    for start in range(0, len(ids), CHUNK):
        yield from ctx.run(action, list(ids[start : start + CHUNK]), locale=locale, form=form.name).result


@contextmanager
def whole_file(path: Path) -> Generator[BinaryIO]:
    """Open a file to be written beside its place, and put it there once it is whole; what fails leaves nothing behind.

    :raises SetupError: the folder is missing, may not be written to, or is on a full disk
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with part.open("wb") as out:
                yield out
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error.strerror or error}") from error


# --- what a form shows ------------------------------------------------------------------------------------------------


def printed_vouchers(ctx: Context, ids: Sequence[int], locale: str) -> list[PrintedVoucher]:
    """Read vouchers with all that a form shows of them, in the order of ``ids``.  Takes six statements at most."""
    company = (
        ctx.session.execute(select(Company.legal_name).where(Company.id == ctx.company.id)).scalar_one()
        or ctx.company.name
    )
    chief = ctx.settings(VoucherPrintSettings).responsible or ""
    lines = _lines(ctx, ids, locale)
    maker, auditor, poster, cashier = (aliased(User) for _place in range(4))
    query = (
        select(
            Voucher.id,
            VoucherWord.code,
            VoucherWord.name,
            Voucher.number,
            Voucher.provisional,
            Voucher.day,
            Period.code,
            Voucher.attachments,
            maker.name,
            auditor.name,
            poster.name,
            cashier.name,
        )
        .join(VoucherWord, VoucherWord.id == link_id(Voucher.word))
        .join(Period, Period.id == link_id(Voucher.period))
        .join(maker, maker.id == link_id(Voucher.maker))
        .outerjoin(auditor, auditor.id == link_id(Voucher.auditor))
        .outerjoin(poster, poster.id == link_id(Voucher.poster))
        .outerjoin(cashier, cashier.id == link_id(Voucher.cashier))
        .where(Voucher.company_id == ctx.company.id, Voucher.id.in_(ids))
    )
    found: dict[int, PrintedVoucher] = {}
    for key, word, title, number, provisional, day, period, attachments, *names in ctx.session.execute(query):
        made, audited, posted, paid = (name or "" for name in names)
        found[key] = PrintedVoucher(
            company=company,
            word=word,
            number=number,
            provisional=provisional,
            date=day,
            period=period,
            lines=tuple(lines.get(key, ())),
            attachments=attachments,
            title=title,
            maker=made,
            auditor=audited,
            poster=posted,
            cashier=paid,
            chief=chief,
            currency=ctx.company.currency,
            decimals=ctx.company.places,
        )
    return [found[key] for key in ids]


def _lines(ctx: Context, ids: Sequence[int], locale: str) -> dict[int, list[PrintedLine]]:
    currency, foreign = aliased(Currency), aliased(Currency)
    query = (
        select(
            link_id(VoucherLine.voucher),
            VoucherLine.summary,
            link_id(VoucherLine.account),
            link_id(VoucherLine.details),
            VoucherLine.debit,
            VoucherLine.credit,
            VoucherLine.base,
            currency.code,
            foreign.code,
            VoucherLine.foreign_amount,
            VoucherLine.foreign_rate,
            VoucherLine.quantity,
            Account.unit,
        )
        .join(Account, Account.id == link_id(VoucherLine.account))
        .join(currency, currency.id == link_id(VoucherLine.currency))
        .outerjoin(foreign, foreign.id == link_id(VoucherLine.foreign_currency))
        .where(VoucherLine.company_id == ctx.company.id, link_id(VoucherLine.voucher).in_(ids))
        .order_by(link_id(VoucherLine.voucher), VoucherLine.number)
    )
    rows = ctx.session.execute(query).all()
    titles = Titles.read(ctx, {row[2] for row in rows}, locale)
    details = _details(ctx, {row[3] for row in rows})
    found: dict[int, list[PrintedLine]] = {}
    for (
        voucher, summary, account, analysed, debit, credit, base, code,
        foreign_code, foreign_amount, rate, counted, unit,
    ) in rows:  # fmt: skip
        side: Side = "C" if debit is None else "D"
        amount = base if side == "D" else -base
        if (
            code != ctx.company.currency
        ):  # the books are kept in the company's currency; the line's own stands beside it
            foreign_code, foreign_amount, rate = code, debit if debit is not None else credit, None
        title = titles.of(account)
        found.setdefault(voucher, []).append(
            PrintedLine(
                summary=summary,
                account_code=title.code,
                account_title=title.general,
                side=side,
                amount=amount,
                detail=" ".join(part for part in (title.detail, details.get(analysed, "")) if part),
                foreign=_foreign(foreign_code, foreign_amount, rate, amount),
                quantity=_counted(counted, unit, amount),
            )
        )
    return found


def _foreign(code: str | None, amount: Decimal | None, rate: Decimal | None, base: Decimal) -> ForeignAmount | None:
    """Give what a line was reckoned from, with the sign it has on its side; a rate that nobody noted is worked out."""
    if code is None or amount is None:
        return None
    if rate is None:
        rate = round(abs(base / amount), 6) if amount else Decimal(0)
    return ForeignAmount(code, abs(amount) if base >= 0 else -abs(amount), rate)


def _counted(quantity: Decimal | None, unit: str | None, amount: Decimal) -> CountedQuantity | None:
    """Give what a line counts, and the price of one: worked out, to eight decimals at most, without idle zeros."""
    if quantity is None:
        return None
    price = round(abs(amount / quantity), 8) if quantity else None
    return CountedQuantity(quantity, unit or "", None if price is None else _without_idle_zeros(price))


def _without_idle_zeros(price: Decimal) -> Decimal:
    cents = price.quantize(Decimal("0.01"))
    return cents if cents == price else price.normalize()


def _details(ctx: Context, sets: Iterable[int | None]) -> dict[int | None, str]:
    """Name combinations of dimensions by the names their values have now."""
    wanted = [key for key in sets if key is not None]
    if not wanted:
        return {}
    query = (
        select(link_id(DimensionSetValue.set), DimensionValue.name)
        .join(DimensionValue, DimensionValue.id == link_id(DimensionSetValue.value))
        .where(DimensionSetValue.company_id == ctx.company.id, link_id(DimensionSetValue.set).in_(wanted))
        .order_by(link_id(DimensionSetValue.set), link_id(DimensionSetValue.dimension))
    )
    names: dict[int | None, list[str]] = {}
    for key, name in ctx.session.execute(query):
        names.setdefault(key, []).append(name)
    return {key: " ".join(parts) for key, parts in names.items()}


@dataclass(frozen=True, slots=True)
class Title:
    """An account in two columns: the general account (总账科目) and what stands below it (明细科目)."""

    code: str
    general: str
    detail: str = ""


class Titles:
    """The titles of accounts in one language."""

    def __init__(self, accounts: dict[int, tuple[str, str, str | None, int | None]], *, english: bool) -> None:
        self._accounts = accounts
        self._english = english
        self._known: dict[int, Title] = {}

    @classmethod
    def read(cls, ctx: Context, accounts: Iterable[int], locale: str) -> Titles:
        """Read accounts with all that stand above them, in one statement."""
        start = (
            select(Account.id)
            .where(Account.company_id == ctx.company.id, Account.id.in_(list(accounts)))
            .cte("wanted", recursive=True)
        )
        above = (
            select(link_id(Account.parent))
            .join(start, start.c.id == Account.id)
            .where(Account.company_id == ctx.company.id, link_id(Account.parent).is_not(None))
        )
        wanted = start.union(above)
        query = select(Account.id, Account.code, Account.name, Account.name_en, link_id(Account.parent)).join(
            wanted, wanted.c.id == Account.id
        )
        rows: Iterable[Any] = ctx.session.execute(query.where(Account.company_id == ctx.company.id))
        return cls(
            {key: (code, name, english, parent) for key, code, name, english, parent in rows},
            english=locale == _ENGLISH,
        )

    def root(self, account: int) -> tuple[str, str]:
        """Give code and name of the general account that an account stands below, or is.

        One that only its name puts below another (银行存款-工商银行) has no code of its own there.
        """
        while (above := self._accounts[account][3]) is not None:
            account = above
        title = self.of(account)
        return ("" if title.detail else title.code), title.general

    def of(self, account: int) -> Title:
        """Give the title of an account."""
        if account not in self._known:
            self._known[account] = self._split(account)
        return self._known[account]

    def _split(self, account: int) -> Title:
        code, name, _english, parent = self._accounts[account]
        shown = "" if code == name else code
        chain = self._chain(account)
        if parent is not None:
            return Title(shown, chain[0], _DASH.join(chain[1:]))
        general, dash, detail = chain[0].partition(_DASH)
        if dash and detail and any("\u4e00" <= sign <= "\u9fff" for sign in general):
            return Title(shown, general, detail)
        return Title(shown, chain[0])

    def _chain(self, account: int) -> list[str]:
        """Name an account and all above it, the highest first, each without the names of those before it."""
        names: list[str] = []
        current: int | None = account
        while current is not None:
            _code, name, english, parent = self._accounts[current]
            if self._english and english:
                names.append(english)
            else:
                above = f"{self._accounts[parent][1]}{_DASH}" if parent is not None else _DASH
                names.append(name.removeprefix(above) or name)
            current = parent
        return names[::-1]


__all__ = [
    "CHUNK",
    "Selection",
    "Title",
    "Titles",
    "chosen",
    "in_order",
    "not_printed",
    "print_to",
    "printed_vouchers",
    "whole_file",
]
