"""Read the books of a company for a journal: a handful of statements, the lines in one that is read as it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Result, Row, select, text

from hanse import BusinessError, Context, _, link_id
from hanse.directory.models import Currency, User
from hanse_finance.analyses import Analyses
from hanse_finance.journals.content import (
    BookBalance,
    Books,
    Commodity,
    Foreign,
    JournalAccount,
    JournalEntry,
    JournalLine,
    Price,
)
from hanse_finance.models import (
    Account,
    Dimension,
    ExchangeRate,
    FiscalYear,
    Side,
    VoucherKind,
    VoucherWord,
)
from hanse_finance.permissions import Finance
from hanse_finance.reports import Span, TrialRow, trial_balance

#: Lines read at once.
CHUNK: Final = 2_000
_PLACES = text(
    """
    SELECT l.currency_id, max(scale(trim_scale(coalesce(l.debit, l.credit)))), max(scale(trim_scale(l.base)))
    FROM finance_voucher_line l
    JOIN finance_voucher v ON v.id = l.voucher_id
    JOIN finance_period p ON p.id = v.period_id
    WHERE l.company_id = :company AND v.state = 'posted' AND p.start >= :start AND p."end" <= :end
    GROUP BY l.currency_id
    """
)
_LINES = text(
    """
    SELECT v.id, v.day, v.word_id, v.number, v.summary AS title, v.kind, v.attachments, v.maker_id, v.auditor_id,
           v.poster_id, op.code AS period, o.word_id AS original_word, o.number AS original,
           l.account_id, l.details_id, l.currency_id, l.debit, l.credit, l.base, l.summary,
           l.foreign_currency_id, l.foreign_amount, l.foreign_rate
    FROM finance_voucher v
    JOIN finance_period p ON p.id = v.period_id
    JOIN finance_voucher_word w ON w.id = v.word_id
    JOIN finance_voucher_line l ON l.voucher_id = v.id
    LEFT JOIN finance_reversal r ON r.voucher_id = v.id
    LEFT JOIN finance_voucher o ON o.id = r.original_id
    LEFT JOIN finance_period op ON op.id = o.period_id
    WHERE v.company_id = :company AND v.state = 'posted' AND p.start >= :start AND p."end" <= :end
    ORDER BY v.day, w.position, w.code, v.number, v.id, l.number
    """
)


def whole_span(ctx: Context) -> Span:
    """Give all years of the company's books together, as a span that ends with the last.

    :raises BusinessError: there is no year yet
    """
    rows = ctx.session.execute(
        select(FiscalYear.id, FiscalYear.start, FiscalYear.end)
        .where(FiscalYear.company_id == ctx.company.id)
        .order_by(FiscalYear.start)
    ).all()
    if not rows:
        raise BusinessError(_("%(company)s has no fiscal year yet.", company=ctx.company.name), field="period")
    return Span(rows[-1][0], 1, 12, rows[0][1], rows[-1][2], "")


def read_books(ctx: Context, span: Span) -> Books:
    """Give the posted books of a span; those of :func:`whole_span` begin with nothing, others with what was before.

    Entries and prices are read from the database while they are iterated over, which can be done once.

    :raises Forbidden: the person may not take the books out
    """
    ctx.require(Finance.TAKE_OUT)
    rows = trial_balance(ctx, span, with_zero=True)
    commodities = _commodities(ctx, span, rows)
    ids = {one.code: one.id for one in commodities}
    begun = [row for row in rows if row.opening or row.base_opening] if span.label else []
    return Books(
        company=ctx.company.name,
        first=span.start,
        last=span.end,
        currency=ctx.company.currency_id,
        commodities=commodities,
        accounts=_accounts(ctx),
        dimensions=_dimensions(ctx),
        opening=[BookBalance(row.account_id, ids[row.currency], row.opening, row.base_opening) for row in begun],
        closing=[BookBalance(row.account_id, ids[row.currency], row.closing, row.base_closing) for row in rows],
        entries=_entries(ctx, span),
        prices=_prices(ctx, span, set(ids.values())),
    )


def _params(ctx: Context, span: Span) -> dict[str, Any]:
    return {"company": ctx.company.id, "start": span.start, "end": span.end}


def _commodities(ctx: Context, span: Span, rows: Sequence[TrialRow]) -> list[Commodity]:
    """Give the currencies of balances and lines, with as many decimals as any of their amounts has."""
    company = ctx.company
    needed: dict[str, int] = {company.currency: company.places}
    for row in rows:
        needed[row.currency] = max([needed.get(row.currency, 0), *map(decimals, (row.opening, row.closing))])
        needed[company.currency] = max([needed[company.currency], *map(decimals, (row.base_opening, row.base_closing))])
    used = {key: (own, base) for key, own, base in ctx.session.execute(_PLACES, _params(ctx, span))}
    base = max((base for _own, base in used.values()), default=0)
    found: list[Commodity] = []
    query = select(Currency.id, Currency.code, Currency.places).order_by(Currency.code)
    for key, code, places in ctx.session.execute(query):
        if code in needed or key in used:
            least = max(places, needed.get(code, 0), used.get(key, (0, 0))[0])
            found.append(Commodity(key, code, max(least, base) if key == company.currency_id else least))
    return found


def decimals(amount: Decimal) -> int:
    """Count the decimals of an amount without zeros at its end."""
    return len(f"{amount:f}".partition(".")[2].rstrip("0"))


def _accounts(ctx: Context) -> list[JournalAccount]:
    """Give the chart, with names in the language of the company."""
    english = ctx.company.locale.startswith("en")
    query = select(
        Account.id, Account.code, Account.name, Account.name_en, Account.type, Account.side, link_id(Account.parent),
        Account.cash,
    ).where(Account.company_id == ctx.company.id)  # fmt: skip
    return [
        JournalAccount(key, code, (name_en if english else None) or name, kind, side, parent, cash)
        for key, code, name, name_en, kind, side, parent, cash in ctx.session.execute(query)
    ]


def _dimensions(ctx: Context) -> dict[int, str]:
    query = select(Dimension.id, Dimension.code).where(Dimension.company_id == ctx.company.id).order_by(Dimension.code)
    return dict(ctx.session.execute(query).all())


def _prices(ctx: Context, span: Span, commodities: set[int]) -> Iterator[Price]:
    query = (
        select(ExchangeRate.day, link_id(ExchangeRate.currency), link_id(ExchangeRate.quote), ExchangeRate.rate)
        .where(
            ExchangeRate.company_id == ctx.company.id,
            ExchangeRate.day.between(span.start, span.end),
            link_id(ExchangeRate.currency).in_(commodities),
            link_id(ExchangeRate.quote).in_(commodities),
        )
        .order_by(ExchangeRate.day, ExchangeRate.id)
    )
    for row in ctx.session.execute(query, execution_options={"stream_results": True, "yield_per": CHUNK}):
        yield Price(*row)


# --- entries ----------------------------------------------------------------------------------------------------------


def _entries(ctx: Context, span: Span) -> Iterator[JournalEntry]:
    """Give the vouchers of a span by day, word and number."""
    lines = _Lines(ctx)
    result = ctx.session.execute(
        _LINES, _params(ctx, span), execution_options={"stream_results": True, "yield_per": CHUNK}
    )
    for _voucher, pairs in groupby(lines.read(result), key=lambda pair: pair[0].id):
        found = list(pairs)
        yield lines.entry(found[0][0], [line for _row, line in found])


class _Lines:
    """Makes entries of rows; knows the names they point at."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        words = select(VoucherWord.id, VoucherWord.code).where(VoucherWord.company_id == ctx.company.id)
        self.words = dict(ctx.session.execute(words).all())
        self.users = dict(ctx.session.execute(select(User.id, User.name)).all())
        self.currencies = dict(ctx.session.execute(select(Currency.id, Currency.code)).all())
        self.analyses = Analyses(ctx)

    def read(self, result: Result[Any]) -> Iterator[tuple[Row[Any], JournalLine]]:
        """Give rows with the lines they are; the combinations of dimensions of a chunk are read together."""
        for rows in result.partitions(CHUNK):
            self.analyses.read(row.details_id for row in rows)
            for row in rows:
                yield row, self._line(row)

    def entry(self, head: Row[Any], lines: Sequence[JournalLine]) -> JournalEntry:
        """Make the entry of a voucher from its lines and the row of one."""
        code = f"{self.words[head.word_id]}-{head.number}"
        return JournalEntry(head.day, code, head.title, lines, self._tags(head))

    def _tags(self, head: Row[Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        if head.kind != VoucherKind.NORMAL.value:
            found["kind"] = head.kind
        if head.attachments:
            found["attachments"] = str(head.attachments)
        for name, user in (("maker", head.maker_id), ("auditor", head.auditor_id), ("poster", head.poster_id)):
            if user is not None:
                found[name] = self.users[user]
        if head.original is not None:
            found["reverses"] = f"{head.period} {self.words[head.original_word]}-{head.original}"
        return found

    def _line(self, row: Row[Any]) -> JournalLine:
        side, written = (Side.DEBIT, row.debit) if row.debit is not None else (Side.CREDIT, row.credit)
        foreign = None
        if row.foreign_amount is not None:
            foreign = Foreign(self.currencies[row.foreign_currency_id], row.foreign_amount, row.foreign_rate)
        return JournalLine(
            row.account_id,
            row.currency_id,
            written if side is Side.DEBIT else -written,
            row.base,
            row.summary or "",
            side if written < 0 else None,
            foreign,
            self.analyses.of(row.details_id),
        )
