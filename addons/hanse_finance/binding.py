"""What is printed with vouchers and how they are bound: covers, summary sheets, volumes of so many sheets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Final, NamedTuple, cast

from sqlalchemy import case, func, select

from hanse import Context, link_id
from hanse.directory.models import Company
from hanse_finance.models import Period, Voucher, VoucherLine, VoucherPrintSettings, VoucherWord
from hanse_finance.printed import (
    Columns,
    Cover,
    Look,
    Numbers,
    PrintedVoucher,
    Summary,
    SummaryRow,
    Volume,
    VoucherForm,
)

#: Ids in one statement: PostgreSQL takes 65,535 parameters.
_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Binding:
    """What is printed, and how it is bound.

    :ivar sheets_a_volume: after so many pages of vouchers a new volume begins; None: there is one volume
    :ivar volume: the number of the first volume
    :ivar volumes: how many there are; None: as many as are printed now, and those before them
    """

    vouchers: bool = True
    cover: bool = False
    summary: bool = False
    sheets_a_volume: int | None = None
    volume: int = 1
    volumes: int | None = None
    binder: str = ""

    @property
    def is_loose(self) -> bool:
        """Whether there is nothing but vouchers."""
        return self.vouchers and not self.cover and not self.summary


LOOSE: Final = Binding()


class _Bound(NamedTuple):
    """A voucher, as far as a cover tells of it."""

    id: int
    period: str
    word: str
    number: str
    attachments: int
    lines: int


def company_look(ctx: Context) -> Look:
    """Give how the company prints vouchers."""
    own = ctx.settings(VoucherPrintSettings)
    return Look(
        columns=cast("Columns", own.columns.value),
        lines=own.lines_per_page,
        subtotals=own.subtotals,
        strike_unused=own.strike_unused,
        signatures=own.signatures,
        cells=own.cells,
        red=own.red,
    )


def volumes(
    ctx: Context,
    ids: Sequence[int],
    form: VoucherForm,
    look: Look,
    binding: Binding,
    locale: str,
    read: Callable[[Sequence[int]], Iterable[PrintedVoucher]],
) -> Iterator[Volume]:
    """Give vouchers as volumes, each with the cover and the summary sheet that are wanted.

    :param read: gives vouchers as they are printed
    """
    if binding.is_loose:
        yield Volume(read(ids))
        return
    parts = list(_parts(_bound(ctx, ids), form, look, binding.sheets_a_volume))
    last = binding.volumes or binding.volume + len(parts) - 1
    for number, part in enumerate(parts, start=binding.volume):
        own = [one.id for one in part]
        cover = _cover(ctx, part, form, look, binding, number, last) if binding.cover else None
        summary = _summary(ctx, part, locale) if binding.summary else None
        yield Volume(read(own) if binding.vouchers else (), cover, summary)


def _pieces(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


def _bound(ctx: Context, ids: Sequence[int]) -> list[_Bound]:
    """Read what covers tell of vouchers, in the order of their ids; one statement for ten thousand."""
    lines = (
        select(func.count())
        .where(VoucherLine.company_id == ctx.company.id, link_id(VoucherLine.voucher) == Voucher.id)
        .scalar_subquery()
    )
    query = (
        select(
            Voucher.id, Period.code, VoucherWord.code, Voucher.number, Voucher.provisional, Voucher.attachments, lines
        )
        .join(Period, Period.id == link_id(Voucher.period))
        .join(VoucherWord, VoucherWord.id == link_id(Voucher.word))
        .where(Voucher.company_id == ctx.company.id)
    )
    found: dict[int, _Bound] = {}
    for some in _pieces(ids):
        for key, period, word, number, provisional, attachments, count in ctx.session.execute(
            query.where(Voucher.id.in_(some))
        ):
            shown = f"({provisional:04d})" if number is None else f"{number:04d}"
            found[key] = _Bound(key, period, word, shown, attachments, count)
    return [found[key] for key in ids]


def _parts(bound: Sequence[_Bound], form: VoucherForm, look: Look, sheets: int | None) -> Iterator[list[_Bound]]:
    """Give the vouchers of each volume: as many as have room on its sheets, one at least."""
    part: list[_Bound] = []
    used = 0
    for one in bound:
        pages = look.pages(one.lines, form.lines)
        if part and sheets is not None and used + pages > sheets:
            yield part
            part, used = [], 0
        part.append(one)
        used += pages
    if part:
        yield part


def _series(part: Sequence[_Bound]) -> list[Numbers]:
    """Give the first and last number of each series; vouchers come sorted by period and word."""
    found: list[Numbers] = []
    for (period, word), some in groupby(part, key=lambda one: (one.period, one.word)):
        own = list(some)
        found.append(Numbers(period, word, own[0].number, own[-1].number, len(own)))
    return found


def _period(part: Sequence[_Bound]) -> str:
    first, last = part[0].period, part[-1].period
    return first if first == last else f"{first} – {last}"


def _company(ctx: Context) -> str:
    return ctx.session.scalar(select(Company.legal_name).where(Company.id == ctx.company.id)) or ctx.company.name


def _cover(
    ctx: Context, part: Sequence[_Bound], form: VoucherForm, look: Look, binding: Binding, number: int, last: int
) -> Cover:
    return Cover(
        company=_company(ctx),
        period=_period(part),
        volume=number,
        volumes=max(last, number),
        numbers=_series(part),
        vouchers=len(part),
        sheets=sum(look.pages(one.lines, form.lines) for one in part),
        attachments=sum(one.attachments for one in part),
        bound=ctx.today,
        binder=binding.binder,
        responsible=ctx.settings(VoucherPrintSettings).responsible or "",
    )


def _summary(ctx: Context, part: Sequence[_Bound], locale: str) -> Summary:
    return Summary(
        company=_company(ctx),
        period=_period(part),
        numbers=_series(part),
        rows=_summed(ctx, [one.id for one in part], locale),
        attachments=sum(one.attachments for one in part),
        currency=ctx.company.currency,
        decimals=ctx.company.places,
        maker=ctx.user.name,
    )


def _summed(ctx: Context, ids: Sequence[int], locale: str) -> list[SummaryRow]:
    """Add vouchers up by general account, in the company's currency, each amount on the side it was written on."""
    from hanse_finance.printing import Titles

    debit = func.coalesce(func.sum(case((VoucherLine.debit.is_not(None), VoucherLine.base))), 0)
    credit = func.coalesce(func.sum(case((VoucherLine.credit.is_not(None), -VoucherLine.base))), 0)
    query = (
        select(link_id(VoucherLine.account), debit, credit)
        .where(VoucherLine.company_id == ctx.company.id)
        .group_by(link_id(VoucherLine.account))
    )
    sums: list[tuple[int, Decimal, Decimal]] = []
    for some in _pieces(ids):
        sums += [
            (row[0], row[1], row[2]) for row in ctx.session.execute(query.where(link_id(VoucherLine.voucher).in_(some)))
        ]
    titles = Titles.read(ctx, {account for account, *_amounts in sums}, locale)
    return summed([(titles.root(account), titles.of(account).code, debit, credit) for account, debit, credit in sums])


def summed(lines: Iterable[tuple[tuple[str, str], str, Decimal, Decimal]]) -> list[SummaryRow]:
    """Add lines up by general account, in the order of codes.

    Where only names put an account below another (银行存款-工商银行), it counts with the account of that name whose
    code its own begins with; if there is none, its general account has no code, and stands where its first one would.

    :param lines: general account as code and title, code of the account itself, debit, credit
    """
    found = sorted(lines, key=lambda line: (line[1], line[0]))
    roots = {root for root, *_rest in found if root[0]}
    rows: dict[tuple[str, str], list[Decimal]] = {}
    for (code, title), own, debit, credit in found:
        fitting = [one for one, name in roots if name == title and own.startswith(one)] if not code else [code]
        row = rows.setdefault((max(fitting, key=len, default=""), title), [Decimal(0), Decimal(0)])
        row[0] += debit
        row[1] += credit
    return [SummaryRow(code, title, *amounts) for (code, title), amounts in rows.items()]


__all__ = ["LOOSE", "Binding", "company_look", "volumes"]
