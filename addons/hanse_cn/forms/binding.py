"""What is bound with vouchers: the cover of a volume (凭证封面) and the summary sheet by account (科目汇总表)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from hanse.documents.stamp import BLACK, RED, Field, Rule, Text
from hanse_cn.forms.fields import plain_figures, spaced_title
from hanse_cn.forms.geometry import Geometry
from hanse_cn.forms.words import FormWords
from hanse_finance.printed import Cover, Numbers, Summary, SummaryRow

_FRAME: Final = 0.5
_LINE: Final = 0.2
_ROW: Final = 6.0
_LEAST_ROW: Final = 3.6
_BLOCKS: Final = 3
_PAD: Final = 1.5


def _grid(left: float, right: float, ys: Sequence[float], xs: Sequence[float]) -> Iterator[Rule]:
    """Draw a frame with lines between its rows and columns."""
    for y in ys:
        yield Rule(left, y, right, y, _FRAME if y in (ys[0], ys[-1]) else _LINE)
    for x in (left, *xs, right):
        yield Rule(x, ys[0], x, ys[-1], _FRAME if x in (left, right) else _LINE)


# --- the cover --------------------------------------------------------------------------------------------------------


def cover_fields(cover: Cover, form: Geometry, words: FormWords) -> list[Field]:
    """Return everything that stands on the cover of a volume, as large as a form."""
    left, right, size = form.left + 10, form.right - 10, form.text_size + 1
    middle = (left + right) / 2
    low = form.height < 120
    top, row = (form.title + 12, 7.5) if low else (form.title + 18, 10.0)
    bottom = form.footer - (2 if low else 6)
    heads = [top + row * at for at in range(4)]
    numbers_end = bottom - row
    labels = words.cover_labels
    third = (right - left) / 6
    fields: list[Field] = [*spaced_title(words.cover, form, words)]
    fields += _grid(left, right, [*heads, numbers_end, bottom], [left + third])
    fields += [
        Rule(middle, heads[1], middle, heads[3], _LINE),
        Rule(middle + third, heads[1], middle + third, heads[3], _LINE),
    ]
    said = [
        (left, heads[0], labels["company"], cover.company, right),
        (left, heads[1], labels["period"], cover.period, middle),
        (middle, heads[1], labels["volume"], words.volume.format(volume=cover.volume, volumes=cover.volumes), right),
        (
            left,
            heads[2],
            labels["vouchers"],
            words.cover_count.format(vouchers=cover.vouchers, sheets=cover.sheets),
            middle,
        ),
        (middle, heads[2], labels["attachments"], str(cover.attachments), right),
    ]
    for x, y, label, text, end in said:
        fields.append(Text(x + third / 2, y + row / 2, label, size, "centre", third - _PAD))
        width = end - x - third - 2 * _PAD
        fields.append(Text(x + third + _PAD, y + row / 2, text, size, width=width, height=row - 1, min_size=5.5))
    fields.append(Text(left + third / 2, (heads[3] + numbers_end) / 2, labels["numbers"], size, "centre", third - _PAD))
    fields += _numbers(cover.numbers, left + third, right, heads[3], numbers_end, words)
    fields += _signed(cover, left, right, numbers_end, row, size, words)
    return fields


def _signed(
    cover: Cover, left: float, right: float, top: float, row: float, size: float, words: FormWords
) -> Iterator[Field]:
    """Write responsible, binder and day of binding into the last row; who is not named leaves room for ink."""
    labels, step = words.cover_labels, (right - left) / 3
    said = (("responsible", cover.responsible), ("binder", cover.binder), ("bound", words.date(cover.bound)))
    for at, (name, text) in enumerate(said):
        x, half = left + step * at, step / 2
        yield Text(x + half / 2, top + row / 2, labels[name], size, "centre", half - _PAD)
        yield Text(x + half + _PAD, top + row / 2, text, size, width=half - 2 * _PAD, height=row - 1, min_size=5.5)
        if at:
            yield Rule(x, top, x, top + row, _LINE)
        yield Rule(x + half, top, x + half, top + row, _LINE)


def _numbers(
    numbers: Sequence[Numbers], left: float, right: float, top: float, bottom: float, words: FormWords
) -> Iterator[Field]:
    """Write the first and last number of each series, in up to three blocks beside each other."""
    most = int((bottom - top) / _LEAST_ROW)
    shown = list(numbers) if len(numbers) <= most * _BLOCKS else condensed(numbers)
    blocks = -(-len(shown) // most) if shown else 1
    rows = -(-len(shown) // blocks) if shown else 1
    height, width = min(8.0, (bottom - top) / max(rows, 1)), (right - left) / blocks
    first = (top + bottom) / 2 - height * (rows - 1) / 2
    for at, one in enumerate(shown):
        block, row = divmod(at, rows)
        text = words.numbers.format(
            period=one.period, word=one.word, first=one.first, last=one.last, count=one.vouchers
        )
        yield Text(
            left + width * block + _PAD,
            first + height * row,
            text,
            10,
            width=width - 2 * _PAD,
            height=height,
            min_size=5,
        )


def condensed(numbers: Sequence[Numbers]) -> list[Numbers]:
    """Put the periods of each series together: 2025-01 – 2025-12 记 0001 to 0118."""
    series: dict[str, list[Numbers]] = {}
    for one in numbers:
        series.setdefault(one.word, []).append(one)
    return [
        Numbers(
            f"{some[0].period} – {some[-1].period}",
            word,
            some[0].first,
            some[-1].last,
            sum(one.vouchers for one in some),
        )
        for word, some in series.items()
    ]


# --- the summary sheet ------------------------------------------------------------------------------------------------


def summary_pages(summary: Summary, form: Geometry, words: FormWords) -> Iterator[list[Field]]:
    """Yield the pages of a summary sheet, each as large as a form; the total stands on the last."""
    top = form.top
    room = int((form.footer - 4 - top) / _ROW) - 2
    parts = [summary.rows[at : at + room] for at in range(0, len(summary.rows), room)] or [()]
    for number, rows in enumerate(parts, start=1):
        yield [*_summary_head(summary, number, len(parts), form, words), *_rows(rows, top, form, words, summary)] + (
            list(_summary_total(summary, top + _ROW * (len(rows) + 1), form, words)) if number == len(parts) else []
        )


def _summary_head(summary: Summary, number: int, pages: int, form: Geometry, words: FormWords) -> Iterator[Field]:
    yield from spaced_title(words.summary, form, words)
    y, size, middle = form.subtitle, form.text_size, (form.left + form.right) / 2
    third = (form.right - form.left) / 3
    yield Text(form.left, y, words.company + summary.company, size, width=third, height=6, min_size=5.5)
    yield Text(middle, y, summary.period + (f"  {number}/{pages}" if pages > 1 else ""), size, "centre")
    said = summary.numbers if len(summary.numbers) <= 5 else condensed(summary.numbers)
    text = "  ".join(words.brief.format(word=one.word, first=one.first, last=one.last) for one in said)
    yield Text(form.right, y, text, size, "right", third, height=6, min_size=5)
    foot = f"{words.attachments[0]} {summary.attachments} {words.attachments[1]}".rstrip()
    yield Text(form.left, form.footer, foot, size)
    if summary.maker:
        yield Text(form.right, form.footer, words.summary_maker + summary.maker, size, "right")


def _rows(
    rows: Sequence[SummaryRow], top: float, form: Geometry, words: FormWords, summary: Summary
) -> Iterator[Field]:
    edges = _edges(form)
    yield from _grid(edges[0], edges[-1], [top + _ROW * at for at in range(len(rows) + 2)], edges[1:-1])
    for label, (left, right) in zip(words.summary_columns, pairwise(edges), strict=True):
        yield Text((left + right) / 2, top + _ROW / 2, label, form.text_size, "centre", right - left - 2)
    for at, row in enumerate(rows, start=1):
        y = top + _ROW * (at + 0.5)
        yield Text(edges[0] + _PAD, y, row.code, form.text_size, width=edges[1] - edges[0] - 2 * _PAD)
        yield Text(
            edges[1] + _PAD, y, row.title, form.text_size, width=edges[2] - edges[1] - 2 * _PAD, height=_ROW - 0.6
        )
        yield from _sides(row.debit, row.credit, y, edges, summary)


def _summary_total(summary: Summary, top: float, form: Geometry, words: FormWords) -> Iterator[Field]:
    edges = _edges(form)
    yield from _grid(edges[0], edges[-1], [top, top + _ROW], edges[2:-1])
    yield Text(edges[1], top + _ROW / 2, words.summary_total, form.text_size + 0.5, "centre", font="serif-bold")
    debit = sum((row.debit for row in summary.rows), Decimal(0))
    credit = sum((row.credit for row in summary.rows), Decimal(0))
    yield from _sides(debit, credit, top + _ROW / 2, edges, summary, always=True)


def _edges(form: Geometry) -> list[float]:
    width = form.right - form.left
    return [form.left, form.left + width * 0.14, form.left + width * 0.5, form.left + width * 0.75, form.right]


def _sides(
    debit: Decimal, credit: Decimal, y: float, edges: Sequence[float], summary: Summary, *, always: bool = False
) -> Iterator[Field]:
    for amount, left, right in ((debit, edges[2], edges[3]), (credit, edges[3], edges[4])):
        if amount or always:
            text, colour = plain_figures(amount, summary.decimals), RED if amount < 0 else BLACK
            yield Text(right - _PAD, y, text, 9, "right", right - left - 2 * _PAD, "sans", colour)


__all__ = ["condensed", "cover_fields", "summary_pages"]
