"""The changing text of a voucher form: one page of a voucher as a list of fields."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from hanse.documents.stamp import BLACK, MM, RED, Cells, Colour, Field, Fill, Rule, Text, fitted
from hanse.documents.typeset import stack_of
from hanse_cn.amounts import AmountOutOfRange, capital
from hanse_cn.forms.geometry import Column, ColumnName, Geometry, Spots
from hanse_cn.forms.words import FormWords
from hanse_finance.printed import Look, PrintedLine, PrintedVoucher, Side

_Sums = dict[str, Decimal]
_INSET: Final = 1.0
_BOLD: Final = "serif-bold"
_NOTE_SIZE: Final = 7.0
_NOTE_STEP: Final = 2.9
_YUAN_SIGN: Final = "￥"


@dataclass(frozen=True, slots=True)
class VoucherPage:
    """One page of a voucher: its lines, how many came before them, and which of how many pages it is."""

    voucher: PrintedVoucher
    lines: Sequence[PrintedLine]
    before: int
    page: int
    pages: int

    @property
    def is_last(self) -> bool:
        """Whether the totals stand on this page."""
        return self.page == self.pages


@dataclass(frozen=True, slots=True)
class Style:
    """How a page is filled: the form, its words, the lines on a page, whether amounts stand in cells, and the look."""

    form: Geometry
    words: FormWords
    lines: int
    grid: bool
    look: Look
    columns: Mapping[ColumnName, Column]

    def column(self, name: ColumnName) -> Column | None:
        """Return a column, if the form has it."""
        return self.columns.get(name)

    def money(self, side: Side) -> Column:
        """Return the amount column of a side."""
        return self.columns["debit" if side == "D" else "credit"]


def pages_of(voucher: PrintedVoucher, lines: int, *, subtotals: bool = False) -> list[VoucherPage]:
    """Return the pages of a voucher, one at least; with subtotals every page after the first begins with them."""
    later = lines - 1 if subtotals else lines
    starts = [0, *range(lines, len(voucher.lines), later)]
    ends = [*starts[1:], len(voucher.lines)]
    return [
        VoucherPage(voucher, voucher.lines[start:end], start, number, len(starts))
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    ]


def page_fields(page: VoucherPage, style: Style) -> list[Field]:
    """Return everything that is put on a form for a page."""
    preprinted = style.form.spots is not None
    fields: list[Field] = [] if preprinted else list(_title(page.voucher, style))
    fields += [*_heading(page, style), *_footer(page.voucher, style)]
    first = 0
    if style.look.subtotals and page.before:
        fields += _sums_row(page.voucher.lines[: page.before], style.words.brought, 0, page.voucher, style)
        first = 1
    for index, line in enumerate(page.lines, start=first):
        fields.extend(_line(line, index, page.voucher, style))
    used = first + len(page.lines)
    if style.look.strike_unused and used < style.lines:
        fields.append(_strike(used, style))
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


def spaced_title(title: str, form: Geometry, words: FormWords) -> Iterator[Field]:
    """Write a title over its double rule; a Chinese one is spaced out sign by sign."""
    centre, size = (form.left + form.right) / 2, form.title_size
    if words.capital:
        pitch = size * 0.528
        width = pitch * len(title)
        for index, sign in enumerate(title):
            yield Text(centre - width / 2 + pitch * (index + 0.5), form.title, sign, size, "centre", font=_BOLD)
    else:
        width = stack_of(_BOLD).width(title) * size / MM
        yield Text(centre, form.title, title, size, "centre", font=_BOLD)
    for below in (0.3, 0.35):
        half = width / 2 + 5
        yield Rule(centre - half, form.title + below * size, centre + half, form.title + below * size, width=0.25)


def _title(voucher: PrintedVoucher, style: Style) -> Iterator[Field]:
    return spaced_title(style.words.titled(voucher.title), style.form, style.words)


def _heading(page: VoucherPage, style: Style) -> Iterator[Field]:
    form, words, voucher, size = style.form, style.words, page.voucher, style.form.text_size
    spots, y = _spots(style), form.subtitle
    room = spots.date - spots.company - 20
    yield Text(spots.company, y, voucher.company, size=size, width=room, height=6.6, min_size=6)
    yield Text(spots.date, y, words.date(voucher.date), size=size, align="centre")
    numbered = f"  {page.page}/{page.pages}" if page.pages > 1 else ""
    number = voucher_number(voucher, words) + numbered
    width = spots.number - spots.date - 20
    yield Text(spots.number, y, number, size=size + 0.5, align="right", width=width, min_size=7)
    yield from _attachments(voucher.attachments, style)


def _spots(style: Style) -> Spots:
    """Return where the blanks are; those of our own forms follow their labels."""
    form, words = style.form, style.words
    if form.spots is not None:
        return form.spots
    step = (form.right - form.left) / len(words.signatures)
    ends = [stack_of("serif").width(label) * form.text_size / MM for label in words.signatures]
    chief, poster, auditor, cashier, maker = (form.left + step * index + end for index, end in enumerate(ends))
    return Spots(
        company=form.left + stack_of("serif").width(words.company) * form.text_size / MM,
        date=(form.left + form.right) / 2,
        number=form.right,
        attachments=(form.right + 3.6, (form.top + form.bottom) / 2),
        words=form.left + _INSET,
        signatures=(chief, poster, auditor, cashier, maker),
    )


def _attachments(count: int, style: Style) -> Iterator[Field]:
    """Write 附单据 n 张 downwards beside the frame, or in English above it, where it can be read."""
    form, (before, after) = style.form, style.words.attachments
    if form.spots is not None:
        x, y = form.spots.attachments
        yield Text(x, y, str(count), size=form.text_size, align="centre", width=8)
        return
    if not style.words.capital:
        yield Text(form.right, form.subtitle - 5, f"{before} {count}", size=8.5, align="right")
        return
    size = form.text_size - 0.5
    step = size * 1.3 / MM
    signs = [*before, "", str(count), "", *after]
    x, y = form.right + 3.6, (form.top + form.bottom) / 2 - step * (len(signs) - 1) / 2
    for index, sign in enumerate(signs):
        if sign:
            yield Text(x, y + step * index, sign, size=size, align="centre", width=6)


def _footer(voucher: PrintedVoucher, style: Style) -> Iterator[Field]:
    if not style.look.signatures:
        return
    form, lefts = style.form, _spots(style).signatures
    names = (voucher.chief, voucher.poster, voucher.auditor, voucher.cashier, voucher.maker)
    step = (form.right - form.left) / len(names)
    for index, (left, name) in enumerate(zip(lefts, names, strict=True)):
        if name:
            room = step - 1 if form.spots is not None else form.left + step * (index + 1) - left - 1
            yield Text(left, form.footer, name, size=form.text_size, width=room, height=7, min_size=5.5)


def _line(line: PrintedLine, index: int, voucher: PrintedVoucher, style: Style) -> Iterator[Field]:
    form = style.form
    y, height = form.row_middle(style.lines, index), form.row_height(style.lines)
    account = f"{line.account_code} {line.account_title}".strip()
    yield _column_text("summary", y, height, line.summary, style)
    if style.column("detail") is not None:
        yield _column_text("account", y, height, account, style)
        yield from _analysed("detail", line.detail, line, y, height, style)
    else:
        yield from _analysed(
            "account", "-".join(part for part in (account, line.detail) if part), line, y, height, style
        )
    yield from _reckoned(line, y, style)
    yield from _amount(line, y, voucher, style)
    mark = style.column("mark")
    if voucher.poster and mark is not None and mark.width:
        yield Text(mark.middle, y, "√", size=min(9, form.text_size), align="centre")


def _column_text(name: ColumnName, y: float, height: float, text: str, style: Style) -> Text:
    column = style.column(name)
    assert column is not None
    left, width = column.left + _INSET, column.width - 2 * _INSET
    return Text(left, y, text, size=style.form.text_size, width=width, height=height - 1, min_size=5)


def _analysed(name: ColumnName, text: str, line: PrintedLine, y: float, height: float, style: Style) -> Iterator[Field]:
    """Write sub-account and dimensions, and below them, smaller, what no column says the amount was reckoned from."""
    notes = [note for note in (_foreign_note(line, style), _quantity_note(line, style)) if note]
    below = _NOTE_STEP * len(notes)
    top = y - below / 2
    column = style.column(name)
    assert column is not None
    if text:
        detail = _column_text(name, y - below / 2, height - below, text, style)
        lines = fitted(detail)
        yield detail
        top += len(lines.lines) * lines.size * detail.leading / MM / 2
    left, width = column.left + _INSET, column.width - 2 * _INSET
    for number, note in enumerate(notes):
        middle = top + _NOTE_STEP * (number + 0.5)
        yield Text(left, middle, note, size=_NOTE_SIZE, width=width, min_size=4.5, font="sans")


def _foreign_note(line: PrintedLine, style: Style) -> str:
    if line.foreign is None or style.column("original") is not None:
        return ""
    currency, amount, rate = line.foreign
    return f"{currency} {plain_figures(amount)} × {rate.normalize():f}"


def _quantity_note(line: PrintedLine, style: Style) -> str:
    if line.quantity is None or style.column("price") is not None:
        return ""
    quantity, unit, price = line.quantity
    times = f" × {plain_figures(price)}" if price is not None else ""
    return f"{quantity.normalize():f} {unit}".rstrip() + times


def _reckoned(line: PrintedLine, y: float, style: Style) -> Iterator[Field]:
    """Write currency, original amount and rate, or quantity and price, into the columns that a form has for them."""
    said: dict[ColumnName, tuple[str, bool]] = {}
    if line.foreign is not None:
        currency, amount, rate = line.foreign
        said |= {"currency": (currency, False), "original": (plain_figures(abs(amount)), amount < 0)}
        said["rate"] = (f"{rate.normalize():f}", False)
    if line.quantity is not None:
        quantity, unit, price = line.quantity
        said["quantity"] = (f"{abs(quantity).normalize():f} {unit}".rstrip(), quantity < 0)
        said["price"] = (plain_figures(price) if price is not None else "", False)
    for name, (text, red) in said.items():
        column = style.column(name)
        if column is not None and text:
            shown, colour = (f"-{text}", _ink(Decimal(-1), style)) if red else (text, BLACK)
            yield _figure(column, y, shown, colour, style)


def _figure(column: Column, y: float, text: str, colour: Colour, style: Style, *, lines: int = 1) -> Text:
    size, width = style.form.digit_size - 1, column.width - 2 * _INSET
    if column.name in ("debit", "credit"):
        size += 1
    return Text(column.right - _INSET, y, text, size, "right", width, "sans", colour, max_lines=lines, min_size=4.5)


def plain_figures(amount: Decimal, decimals: int = 2) -> str:
    """Return a figure with separators; decimals beyond the usual ones are shown, never lost."""
    exponent = amount.as_tuple().exponent
    own = -exponent if isinstance(exponent, int) else 0
    return f"{amount:,.{max(own, decimals)}f}" if own > decimals else f"{amount:,.{decimals}f}"


def _amount(line: PrintedLine, y: float, voucher: PrintedVoucher, style: Style) -> Iterator[Field]:
    if line.currency and line.currency != voucher.currency:
        text = f"{line.currency} {plain_figures(line.amount)}"
        yield from _plain(line.side, y, text, _ink(line.amount, style), style)
        return
    yield from _money(line.side, y, line.amount, voucher, style)


def _ink(amount: Decimal, style: Style) -> Colour:
    """Return red for a negative amount, unless the printer has black only."""
    return RED if amount < 0 and style.look.red else BLACK


def _money(
    side: Side, y: float, amount: Decimal, voucher: PrintedVoucher, style: Style, *, sign: str = ""
) -> Iterator[Field]:
    """Write an amount of the voucher's currency into digit cells, or plainly if it does not fit them.

    In cells a negative one is red without a sign; where the printer has black only, it has one.
    """
    figures, colour = plain_figures(amount.copy_abs(), voucher.decimals), _ink(amount, style)
    reading = ("-" if amount < 0 else "") + sign + figures
    digits = figures.replace(",", "").replace(".", "").lstrip("0").rjust(3, "0")
    shown = ("-" if amount < 0 and colour == BLACK else "") + sign + digits
    form = style.form
    if not (style.grid and figures[-3:-2] == "." and len(shown) <= form.cells):
        yield from _plain(side, y, reading, colour, style)
        return
    left = style.money(side).left
    yield Cells(left, y, shown, form.pitch, form.cells, reading, size=form.digit_size, colour=colour)


def _plain(side: Side, y: float, text: str, colour: Colour, style: Style, *, lines: int = 1) -> Iterator[Field]:
    """Write a figure without cells, smaller if it must be, on a white ground where our form has cells."""
    column = style.money(side)
    if style.grid and style.form.spots is None:
        height = style.form.row_height(style.lines) - 0.44
        yield Fill(column.left + 0.35, y - height / 2, column.width - 0.7, height)
    yield _figure(column, y, text, colour, style, lines=lines)


def _strike(used: int, style: Style) -> Rule:
    """Strike out the unused lines across both money columns (斜线注销)."""
    form = style.form
    row = form.row_height(style.lines)
    top = form.top + form.header + row * used
    bottom = form.top + form.header + row * style.lines
    return Rule(style.money("C").right - 0.8, top + 0.8, style.money("D").left + 0.8, bottom - 0.8, width=0.25)


def _totals(lines: Sequence[PrintedLine], side: Side, currency: str) -> _Sums:
    """Return the sum of a side by currency; the voucher's own is always there."""
    sums = {currency: Decimal(0)}
    for line in lines:
        if line.side == side:
            own = line.currency or currency
            sums[own] = sums.get(own, Decimal(0)) + line.amount
    return sums


def _sums_row(
    lines: Sequence[PrintedLine], label: str, index: int, voucher: PrintedVoucher, style: Style
) -> Iterator[Field]:
    """Write what lines add up to so far: 过次页 as the last row of a page, 承前页 as the first of the next."""
    y = style.form.row_middle(style.lines, index)
    debit, credit = (_totals(lines, side, voucher.currency) for side in ("D", "C"))
    left = style.form.left + _INSET
    yield Text(left, y, label, size=style.form.text_size)
    if len(debit | credit) > 1:
        yield from _mixed(debit, credit, y, voucher, style)
        return
    for side, sums in _by_side(debit, credit):
        if sums[voucher.currency]:
            yield from _money(side, y, sums[voucher.currency], voucher, style)


def _total(page: VoucherPage, style: Style) -> Iterator[Field]:
    form, words, voucher = style.form, style.words, page.voucher
    y, end = form.row_middle(style.lines, style.lines), style.money("D").left
    left = form.left + _INSET if form.spots is None else form.spots.words
    width = end - left - _INSET
    if not page.is_last:
        if style.look.subtotals:
            shown = voucher.lines[: page.before + len(page.lines)]
            yield from _sums_row(shown, words.carried, style.lines, voucher, style)
        else:
            yield Text(end - _INSET, y, words.continued, size=9, align="right")
        return
    debit, credit = (_totals(voucher.lines, side, voucher.currency) for side in ("D", "C"))
    total = "" if form.spots is not None else words.total
    if len(debit | credit) > 1:
        yield Text(left, y, total, size=10.5)
        yield from _mixed(debit, credit, y, voucher, style)
        return
    spoken = total + _in_words(debit[voucher.currency], voucher, words)
    yield Text(left, y, spoken, size=10.5, width=width, height=8, min_size=6)
    sign = _YUAN_SIGN if voucher.currency == "CNY" and words.capital else ""
    for side, sums in _by_side(debit, credit):
        yield from _money(side, y, sums[voucher.currency], voucher, style, sign=sign)


def _by_side(debit: _Sums, credit: _Sums) -> tuple[tuple[Side, _Sums], ...]:
    return (("D", debit), ("C", credit))


def _mixed(debit: _Sums, credit: _Sums, y: float, voucher: PrintedVoucher, style: Style) -> Iterator[Field]:
    """Write the sums of lines in several currencies: one a currency, nothing added across."""
    for side, sums in _by_side(debit, credit):
        parts = [f"{code} {plain_figures(amount, voucher.decimals)}" for code, amount in sums.items() if amount]
        yield from _plain(side, y, "; ".join(parts), BLACK, style, lines=3)


def _in_words(amount: Decimal, voucher: PrintedVoucher, words: FormWords) -> str:
    """Return 人民币 with capital words; for another currency, language, or amount without words, code and figure."""
    plain = f"{voucher.currency} {plain_figures(amount, voucher.decimals)}"
    if voucher.currency != "CNY" or not words.capital:
        return plain
    try:
        return "人民币" + capital(amount)
    except AmountOutOfRange:
        return plain
