"""The chronological list (序时账): every line of every voucher in the order of days and numbers.

A page begins at a day and behind so many vouchers of that day; only those vouchers and their lines are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text

from hanse import BusinessError, Context, _
from hanse.i18n import Label
from hanse.models import Kind
from hanse.screens import Given, Parameter, Reading, Report, ReportColumn, ReportRow
from hanse_finance.chart import Chart
from hanse_finance.figures import ZERO
from hanse_finance.lines import COLUMNS, Line, Spot, uses
from hanse_finance.models import VoucherWord
from hanse_finance.permissions import Finance
from hanse_finance.reports import Span
from hanse_finance.screens.books.choosing import UNPOSTED, note_of
from hanse_finance.screens.spans import PARAMETERS, chosen_span

#: Vouchers of a page.
PAGE = 100
_PIECE = 1000
_CHOSEN = """
    FROM finance_voucher v JOIN finance_voucher_word w ON w.id = v.word_id
    WHERE v.company_id = :company AND v.day BETWEEN :start AND :end AND {state}{word}
"""
_BOUNDARY = (
    "SELECT v.day FROM finance_voucher v WHERE v.company_id = :company AND v.day BETWEEN :start AND :end "
    "ORDER BY v.day OFFSET :most - 1 LIMIT 1"
)
_ORDER = "v.day, w.position, w.id, coalesce(v.number, v.provisional), v.id"
_LINES = text(
    f"""
    {COLUMNS}
    FROM unnest(CAST(:vouchers AS bigint[])) WITH ORDINALITY k(id, place)
    JOIN finance_voucher v ON v.id = k.id
    JOIN finance_voucher_word w ON w.id = v.word_id
    JOIN finance_voucher_line l ON l.company_id = :company AND l.voucher_id = k.id
    JOIN core_currency c ON c.id = l.currency_id
    LEFT JOIN core_currency f ON f.id = l.foreign_currency_id
    LEFT JOIN finance_dimension_set s ON s.id = l.details_id
    ORDER BY k.place, l.number
    """
)


@dataclass(frozen=True)
class _Vouchers:
    """Which vouchers."""

    ctx: Context
    span: Span
    unposted: bool
    word: int | None

    def _sql(self, tail: str) -> Any:
        state = "v.state <> 'void'" if self.unposted else "v.state = 'posted'"
        chosen = _CHOSEN.format(state=state, word=" AND v.word_id = :word" if self.word is not None else "")
        return text(f"SELECT v.id, v.day {chosen} ORDER BY {_ORDER} {tail}")

    def _params(self, start: date, end: date) -> dict[str, Any]:
        found = {"company": self.ctx.company.id, "start": start, "end": end}
        return found | ({"word": self.word} if self.word is not None else {})

    def all(self) -> Iterator[list[int]]:
        """Give all ids, a piece at a time."""
        rows = self.ctx.session.execute(
            self._sql(""), self._params(self.span.start, self.span.end), execution_options={"yield_per": _PIECE}
        )
        for piece in rows.partitions(_PIECE):
            yield [row[0] for row in piece]

    def page(self, spot: Spot) -> tuple[list[int], Spot | None]:
        """Give the ids of a page, and where the next begins."""
        params = self._params(spot.day, self.span.end) | {"most": spot.skip + PAGE + 1}
        last = self.ctx.session.scalar(text(_BOUNDARY), params)
        read = self.ctx.session.execute(
            self._sql("OFFSET :skip LIMIT :most"),
            self._params(spot.day, last or self.span.end) | {"skip": spot.skip, "most": PAGE + 1},
        )
        rows: list[tuple[int, date]] = [(row.id, row.day) for row in read]
        if len(rows) > PAGE:
            day = rows[PAGE][1]
            before = sum(row[1] == day for row in rows[:PAGE])
            return [row[0] for row in rows[:PAGE]], Spot(day, before + (spot.skip if day == spot.day else 0))
        following = None if last is None or last >= self.span.end else Spot(date.fromordinal(last.toordinal() + 1))
        return [row[0] for row in rows], following

    def lines(self, vouchers: Sequence[int]) -> list[Line]:
        """Read the lines of vouchers in their order."""
        params = {"company": self.ctx.company.id, "vouchers": list(vouchers)}
        return [Line(*row) for row in self.ctx.session.execute(_LINES, params)]


class _Writer:
    def __init__(self, ctx: Context, chart: Chart, *, details: bool, original: bool) -> None:
        self.ctx, self.chart, self.details, self.original = ctx, chart, details, original
        self.debit = self.credit = ZERO

    def columns(self) -> list[ReportColumn]:
        columns = [
            ReportColumn("day", _("Date"), Kind.DAY, small="sub"),
            ReportColumn("voucher", _("Voucher"), small="lead"),
            ReportColumn("summary", _("Summary"), small="title"),
            ReportColumn("code", _("Code"), small="sub"),
            ReportColumn("account", _("Account"), small="sub"),
        ]
        columns += [ReportColumn("details", _("Dimensions"))] if self.details else []
        columns += [ReportColumn("original", _("Original amount"))] if self.original else []
        return [
            *columns,
            ReportColumn("debit", _("Debit"), Kind.MONEY, small="end"),
            ReportColumn("credit", _("Credit"), Kind.MONEY, small="end"),
        ]

    def rows(self, lines: Sequence[Line]) -> Iterator[ReportRow]:
        for line in lines:
            debit, credit = line.base_pair
            self.debit += debit
            self.credit += credit
            node = self.chart.nodes[line.account]
            sides = (debit, None) if line.debit is not None else (None, credit)
            between = self._between(line)
            values = [line.day, line.title, line.summary, node.code, node.name, *between, *sides]
            carry = self._sums("")
            yield ReportRow(values, (f"/finance/voucher/{line.voucher}", {}), carry=carry)

    def total(self) -> Iterator[ReportRow]:
        yield ReportRow(self._sums(_("Total")), strong=True)

    def _sums(self, label: Label) -> list[Any]:
        nothing = [None] * len(self._between(None))
        return [None, None, label, None, None, *nothing, self.debit, self.credit]

    def _between(self, line: Line | None) -> list[str | None]:
        values = [line.details_name if line else None] if self.details else []
        return values + ([line.original(self.ctx.company.currency) if line else None] if self.original else [])


def _words(ctx: Context) -> Sequence[tuple[str, Label]]:
    query = (
        select(VoucherWord.id, VoucherWord.code)
        .where(VoucherWord.company_id == ctx.company.id)
        .order_by(VoucherWord.position, VoucherWord.id)
    )
    every: tuple[str, Label] = ("", _("all"))
    found: list[tuple[str, Label]] = [(str(key), code) for key, code in ctx.session.execute(query)]
    return [every, *found] if len(found) > 1 else [every]


WORD = Parameter("word", _("Word"), choices=_words)


def _read(ctx: Context, given: Given) -> Reading:
    chart, span, unposted = Chart.read(ctx), chosen_span(ctx, given), given.flag("unposted")
    vouchers = _Vouchers(ctx, span, unposted, given.record("word"))
    details, original = uses(ctx, None)
    writer = _Writer(ctx, chart, details=details, original=original)
    note = note_of(span, unposted=unposted)
    if given.whole:
        return Reading(writer.columns(), _whole(vouchers, writer), note=note)
    spot = _spot(given.text("at"), span)
    ids, following = vouchers.page(spot)
    after = None if following is None else {"at": f"{following.day.isoformat()}:{following.skip}"}
    before = None if spot == Spot(span.start) else {"at": ""}
    rows = list(writer.rows(vouchers.lines(ids)))
    if rows and following is None and before is None:
        return Reading(writer.columns(), rows, totals=_total_of(writer), note=note)
    return Reading(writer.columns(), rows, note=note, after=after, before=before)


def _total_of(writer: _Writer) -> Sequence[Any]:
    return next(writer.total()).values


def _whole(vouchers: _Vouchers, writer: _Writer) -> Iterator[ReportRow]:
    for piece in vouchers.all():
        yield from writer.rows(vouchers.lines(piece))
    yield from writer.total()


def _spot(at: str, span: Span) -> Spot:
    """Read where a page begins.

    :raises BusinessError: somebody made it up
    """
    if not at:
        return Spot(span.start)
    day, _colon, skip = at.partition(":")
    try:
        found = Spot(date.fromisoformat(day), int(skip) if skip.isdigit() and len(skip) < 10 else -1)
    except ValueError:
        found = Spot(span.start, -1)
    if found.skip < 0 or not span.start <= found.day <= span.end:
        raise BusinessError(_("There is no such page."))
    return found


CHRONOLOGICAL = Report(
    "chronological",
    title=_("Chronological list"),
    menu="books",
    icon="list-details",
    order=35,
    permission=Finance.REPORT,
    parameters=[*PARAMETERS, WORD, UNPOSTED],
    read=_read,
)
