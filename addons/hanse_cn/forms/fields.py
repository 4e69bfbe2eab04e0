"""The changing text of a voucher form: one page of a voucher as a list of fields."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from hanse.documents.stamp import BLACK, MM, RED, Cells, Colour, Field, Fill, Rule, Text, fitted
from hanse.documents.typeset import stack_of
from hanse_cn.amounts import AmountOutOfRange, capital
from hanse_cn.forms.geometry import CELLS, Geometry
from hanse_cn.forms.words import FormWords
from hanse_finance.printed import PrintedLine, PrintedVoucher, Side

_Sums = dict[str, Decimal]
_INSET: Final = 1.0
_BOLD: Final = "serif-bold"
_TITLE_PITCH: Final = 9.5
_NOTE_SIZE: Final = 7.0
_NOTE_STEP: Final = 2.9
_YUAN_SIGN: Final = "￥"


@dataclass(frozen=True, slots=True)
class VoucherPage:
    """One page of a voucher: its lines, and which of how many pages it is."""

    voucher: PrintedVoucher
    lines: Sequence[PrintedLine]
    page: int
    pages: int

    @property
    def is_last(self) -> bool:
        """Whether the totals stand on this page."""
        return self.page == self.pages


@dataclass(frozen=True, slots=True)
class Style:
    """How a page is filled: the form, its words, the lines on a page, and whether unused lines are struck out."""

    form: Geometry
    words: FormWords
    lines: int
    grid: bool
    strike_unused: bool


def pages_of(voucher: PrintedVoucher, lines_per_page: int) -> list[VoucherPage]:
    """Return the pages of a voucher, one at least."""
    parts = [
        voucher.lines[start : start + lines_per_page] for start in range(0, max(1, len(voucher.lines)), lines_per_page)
    ]
    return [VoucherPage(voucher, part, number, len(parts)) for number, part in enumerate(parts, start=1)]


def page_fields(page: VoucherPage, style: Style) -> list[Field]:
    """Return everything that is put on a form for a page."""
    fields: list[Field] = [*_title(page.voucher, style), *_heading(page, style), *_footer(page.voucher, style)]
    for index, line in enumerate(page.lines):
        fields.extend(_line(line, index, page.voucher, style))
    if style.strike_unused and len(page.lines) < style.lines:
        fields.append(_strike(len(page.lines), style))
    fields.extend(_total(page, style))
    return fields


def voucher_number(voucher: PrintedVoucher, words: FormWords) -> str:
    """Return 记字第 0012 号, or 记字第 暂0012 号 for a voucher that is not posted."""
    return words.number.format(word=voucher.word, number=plain_number(voucher, words))


def plain_number(voucher: PrintedVoucher, words: FormWords) -> str:
    """Return 0012, or the provisional number marked as such: 暂0012."""
    if voucher.number is None:
        return f"{words.provisional}{voucher.provisional:04d}"
    return f"{voucher.number:04d}"


def _title(voucher: PrintedVoucher, style: Style) -> Iterator[Field]:
    """Write the title over its double rule; a Chinese one is spaced out sign by sign."""
    form, title = style.form, style.words.titled(voucher.title)
    centre = (form.left + form.right) / 2
    if style.words.capital:
        width = _TITLE_PITCH * len(title)
        for index, sign in enumerate(title):
            yield Text(centre - width / 2 + _TITLE_PITCH * (index + 0.5), form.title, sign, 18, "centre", font=_BOLD)
    else:
        width = stack_of(_BOLD).width(title) * 18 / MM
        yield Text(centre, form.title, title, 18, "centre", font=_BOLD)
    for below in (5.4, 6.3):
        half = width / 2 + 5
        yield Rule(centre - half, form.title + below, centre + half, form.title + below, width=0.25)


def _heading(page: VoucherPage, style: Style) -> Iterator[Field]:
    form, words, voucher = style.form, style.words, page.voucher
    y, centre = form.subtitle, (form.left + form.right) / 2
    label = stack_of("serif").width(words.company) * 9.5 / MM
    room = centre - form.left - label - 20
    yield Text(form.left + label, y, voucher.company, size=9.5, width=room, height=6.6, min_size=6)
    yield Text(centre, y, words.date(voucher.date), size=9.5, align="centre")
    numbered = f"  {page.page}/{page.pages}" if page.pages > 1 else ""
    number = voucher_number(voucher, words) + numbered
    yield Text(form.right, y, number, size=10, align="right", width=form.right - centre - 20, min_size=7)
    yield from _attachments(voucher.attachments, style)


def _attachments(count: int, style: Style) -> Iterator[Field]:
    """Write 附单据 n 张 downwards beside the frame, or in English above it, where it can be read."""
    form, (before, after) = style.form, style.words.attachments
    if not style.words.capital:
        yield Text(form.right, form.subtitle - 5, f"{before} {count}", size=8.5, align="right")
        return
    x, size = form.right + 3.6, 9.0
    step = size * 1.3 / MM
    signs = [*before, "", str(count), "", *after]
    y = (form.top + form.bottom) / 2 - step * (len(signs) - 1) / 2
    for index, sign in enumerate(signs):
        if sign:
            yield Text(x, y + step * index, sign, size=size, align="centre", width=6)


def _footer(voucher: PrintedVoucher, style: Style) -> Iterator[Field]:
    form = style.form
    names = (voucher.chief, voucher.poster, voucher.auditor, voucher.cashier, voucher.maker)
    room = (form.right - form.left) / len(names)
    for index, (label, name) in enumerate(zip(style.words.signatures, names, strict=True)):
        if name:
            offset = stack_of("serif").width(label) * 9.5 / MM
            x = form.left + room * index + offset
            yield Text(x, form.footer, name, size=9.5, width=room - offset - 1, height=7, min_size=5.5)


def _line(line: PrintedLine, index: int, voucher: PrintedVoucher, style: Style) -> Iterator[Field]:
    form = style.form
    y, height = form.row_middle(style.lines, index), form.row_height(style.lines)
    account = f"{line.account_code} {line.account_title}".strip()
    yield _column_text(0, y, height, line.summary, form)
    yield _column_text(1, y, height, account, form)
    yield from _detail(line, y, height, form)
    yield from _amount(line, y, voucher, style)
    if voucher.poster:
        yield Text((form.edges[5] + form.edges[6]) / 2, y, "√", size=9, align="centre")


def _column_text(column: int, y: float, height: float, text: str, form: Geometry) -> Text:
    left, width = form.edges[column] + _INSET, form.columns[column] - 2 * _INSET
    return Text(left, y, text, size=9.5, width=width, height=height - 1.8, min_size=5.5)


def _detail(line: PrintedLine, y: float, height: float, form: Geometry) -> Iterator[Field]:
    """Write sub-account and dimensions, and below them, smaller, what the amount was reckoned from."""
    notes = [note for note in (_foreign_note(line), _quantity_note(line)) if note]
    below = _NOTE_STEP * len(notes)
    top = y - below / 2
    if line.detail:
        detail = _column_text(2, y - below / 2, height - below, line.detail, form)
        lines = fitted(detail)
        yield detail
        top += len(lines.lines) * lines.size * detail.leading / MM / 2
    left, width = form.edges[2] + _INSET, form.columns[2] - 2 * _INSET
    for number, note in enumerate(notes):
        middle = top + _NOTE_STEP * (number + 0.5)
        yield Text(left, middle, note, size=_NOTE_SIZE, width=width, min_size=4.5, font="sans")


def _foreign_note(line: PrintedLine) -> str:
    if line.foreign is None:
        return ""
    currency, amount, rate = line.foreign
    return f"{currency} {_figures(amount)} × {rate.normalize():f}"


def _quantity_note(line: PrintedLine) -> str:
    if line.quantity is None:
        return ""
    quantity, unit, price = line.quantity
    times = f" × {_figures(price)}" if price is not None else ""
    return f"{quantity.normalize():f} {unit}".rstrip() + times


def _figures(amount: Decimal, decimals: int = 2) -> str:
    """Return a figure with separators; decimals beyond the usual ones are shown, never lost."""
    exponent = amount.as_tuple().exponent
    own = -exponent if isinstance(exponent, int) else 0
    return f"{amount:,.{max(own, decimals)}f}" if own > decimals else f"{amount:,.{decimals}f}"


def _amount(line: PrintedLine, y: float, voucher: PrintedVoucher, style: Style) -> Iterator[Field]:
    colour = RED if line.amount < 0 else BLACK
    if line.currency and line.currency != voucher.currency:
        text = f"{line.currency} {_figures(line.amount)}"
        yield from _plain(line.side, y, text, colour, style)
        return
    yield from _money(line.side, y, line.amount, voucher, colour, style, sign="")


def _money(
    side: Side, y: float, amount: Decimal, voucher: PrintedVoucher, colour: Colour, style: Style, *, sign: str
) -> Iterator[Field]:
    """Write an amount of the voucher's currency into digit cells, or plainly if it does not fit them."""
    figures = _figures(amount.copy_abs(), voucher.decimals)
    reading = ("-" if amount < 0 else "") + sign + figures
    digits = figures.replace(",", "").replace(".", "").lstrip("0").rjust(3, "0")
    in_cells = style.grid and figures[-3:-2] == "." and len(sign + digits) <= CELLS
    if not in_cells:
        yield from _plain(side, y, reading, colour, style)
        return
    form = style.form
    left = form.edges[3 if side == "D" else 4]
    yield Cells(left, y, sign + digits, form.pitch, CELLS, reading, size=form.digit_size, colour=colour)


def _plain(side: Side, y: float, text: str, colour: Colour, style: Style, *, lines: int = 1) -> Iterator[Field]:
    """Write a figure without cells, smaller if it must be, on a white ground where the form has cells."""
    form = style.form
    left = form.edges[3 if side == "D" else 4]
    if style.grid:
        height = form.row_height(style.lines) - 0.44
        yield Fill(left + 0.35, y - height / 2, form.money - 0.7, height)
    yield Text(
        left + form.money - _INSET,
        y,
        text,
        size=form.digit_size,
        align="right",
        width=form.money - 2 * _INSET,
        font="sans",
        colour=colour,
        max_lines=lines,
        min_size=4.5,
    )


def _strike(used: int, style: Style) -> Rule:
    """Strike out the unused lines across both money columns (斜线注销)."""
    form = style.form
    row = form.row_height(style.lines)
    top = form.top + form.header + row * used
    bottom = form.top + form.header + row * style.lines
    return Rule(form.edges[5] - 0.8, top + 0.8, form.edges[3] + 0.8, bottom - 0.8, width=0.25)


def _totals(voucher: PrintedVoucher, side: Side) -> _Sums:
    """Return the sum of a side by currency; the voucher's own is always there."""
    sums = {voucher.currency: Decimal(0)}
    for line in voucher.lines:
        if line.side == side:
            currency = line.currency or voucher.currency
            sums[currency] = sums.get(currency, Decimal(0)) + line.amount
    return sums


def _total(page: VoucherPage, style: Style) -> Iterator[Field]:
    form, words, voucher = style.form, style.words, page.voucher
    y = form.row_middle(style.lines, style.lines)
    left, width = form.left + _INSET, form.edges[3] - form.left - 2 * _INSET
    if not page.is_last:
        yield Text(form.edges[3] - _INSET, y, words.continued, size=9, align="right")
        return
    debit, credit = _totals(voucher, "D"), _totals(voucher, "C")
    if len(debit | credit) > 1:
        yield from _mixed_total(debit, credit, y, voucher, style)
        return
    spoken = words.total + _in_words(debit[voucher.currency], voucher, words)
    yield Text(left, y, spoken, size=10.5, width=width, height=8, min_size=6)
    sign = _YUAN_SIGN if voucher.currency == "CNY" and words.capital else ""
    for side, sums in _by_side(debit, credit):
        amount = sums[voucher.currency]
        yield from _money(side, y, amount, voucher, RED if amount < 0 else BLACK, style, sign=sign)


def _by_side(debit: _Sums, credit: _Sums) -> tuple[tuple[Side, _Sums], ...]:
    return (("D", debit), ("C", credit))


def _mixed_total(debit: _Sums, credit: _Sums, y: float, voucher: PrintedVoucher, style: Style) -> Iterator[Field]:
    """Write the totals of a voucher whose lines are in several currencies: one a currency, nothing added across."""
    yield Text(style.form.left + _INSET, y, style.words.total, size=10.5)
    for side, sums in _by_side(debit, credit):
        parts = [f"{code} {_figures(amount, voucher.decimals)}" for code, amount in sums.items() if amount]
        yield from _plain(side, y, "; ".join(parts), BLACK, style, lines=3)


def _in_words(amount: Decimal, voucher: PrintedVoucher, words: FormWords) -> str:
    """Return 人民币 with capital words; for another currency, language, or amount without words, code and figure."""
    plain = f"{voucher.currency} {_figures(amount, voucher.decimals)}"
    if voucher.currency != "CNY" or not words.capital:
        return plain
    try:
        return "人民币" + capital(amount)
    except AmountOutOfRange:
        return plain
