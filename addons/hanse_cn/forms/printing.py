"""Vouchers as PDF: from plain values to pages, stamped; and the same pages as HTML, to compare."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from markupsafe import Markup

from hanse.documents import reference, weasy
from hanse.documents.forms import blank
from hanse.documents.stamp import Field, Placement, Rule, Stamper, Template, Text, millimetres, template
from hanse.documents.typeset import stack_of
from hanse.documents.weasy import Resource
from hanse.paper import NO_LETTERHEAD, Letterhead
from hanse_cn.forms.binding import cover_fields, summary_pages
from hanse_cn.forms.fields import Style, VoucherPage, page_fields, pages_of, plain_number
from hanse_cn.forms.geometry import (
    DIGIT_LABELS,
    GEOMETRIES,
    LEAST_LINES,
    FormName,
    Geometry,
    columns_of,
)
from hanse_cn.forms.words import WORDS, FormWords, Locale
from hanse_finance.printed import USUAL, Columns, Look, PrintedVoucher, PrintResult, Volume

_FOLDER: Final = Path(__file__).parent
_CUT_GREY: Final = (0.6, 0.6, 0.6)
_GRIDS: Final[tuple[Columns, ...]] = ("detailed", "compact")


@dataclass(frozen=True, slots=True)
class VoucherForm:
    """A voucher form with its settings.

    :ivar measured: where things stand, if not as this form has them: what a company measured on pre-printed paper

    :raises ValueError: as many lines do not fit
    """

    name: FormName = "240x140"
    locale: Locale = "zh_CN"
    look: Look = USUAL
    letterhead: Letterhead = NO_LETTERHEAD
    measured: Geometry | None = None

    def __post_init__(self) -> None:
        form = self.geometry
        if not LEAST_LINES <= self.lines <= form.most:
            raise ValueError(f"{self.lines} lines do not fit a voucher form: {LEAST_LINES} to {form.most} do.")

    @property
    def geometry(self) -> Geometry:
        """Where things stand on the form."""
        return self.measured or GEOMETRIES[self.name]

    @property
    def lines(self) -> int:
        """Lines on a page."""
        return self.geometry.lines if self.geometry.spots is not None else self.look.lines or self.geometry.lines

    def style(self, voucher: PrintedVoucher) -> Style:
        """Return how a voucher fills the form; digit cells need a currency of two decimals and Chinese readers."""
        words = WORDS[self.locale]
        grid = self.look.cells and voucher.decimals == 2 and words.capital and self.look.columns in _GRIDS
        if self.geometry.spots is not None:  # what is printed on paper decides, not the look
            grid = bool(self.geometry.cells) and voucher.decimals == 2
        columns = columns_of(self.geometry, self.look.columns, grid)
        return Style(self.geometry, words, self.lines, grid, self.look, columns)

    def static_html(self, voucher: PrintedVoucher) -> str:
        """Return the form itself, without anything of the voucher; of pre-printed paper nothing."""
        style = self.style(voucher)
        if style.form.spots is not None:
            return ""
        page = weasy.template_environment(_FOLDER).get_template("voucher.html.jinja")
        return page.render(
            form=style.form,
            columns=style.columns,
            kind=self.look.columns,
            lines=style.lines,
            grid=style.grid,
            words=style.words,
            letterhead=self.letterhead,
            digit_labels=DIGIT_LABELS,
            Text=Text,
            html=_html,
        )

    def resources(self) -> dict[str, Resource]:
        """Return what the form's HTML may refer to."""
        return dict(self.letterhead.band_resources())

    def template(self, voucher: PrintedVoucher) -> Template:
        """Return the form as something to stamp on."""
        style = self.style(voucher)
        form = style.form
        if form.spots is not None:
            return blank(form.width, form.height)
        key = (
            "hanse_cn.voucher",
            stack_of("serif").faces[0].path,
            (self.name, self.locale, self.lines, self.look.columns, style.grid),
            self.letterhead.key,
        )

        def render() -> bytes:
            html = reference.page(form.width, form.height, [self.static_html(voucher)], language=style.words.language)
            return weasy.render_once(html, resources=self.resources(), variant="pdf/a-2u")

        return template(key, form.height, render)


def _html(field: Field) -> Markup:
    return Markup(reference.field_html(field))  # noqa: S704 (made of numbers and escaped text)


def print_vouchers(
    vouchers: Iterable[PrintedVoucher],
    *,
    out: BinaryIO,
    form: FormName = "240x140",
    locale: Locale = "zh_CN",
    letterhead: Letterhead = NO_LETTERHEAD,
    look: Look = USUAL,
    title: str = "",
    created: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> PrintResult:
    """Write vouchers as one PDF/A file, as :func:`print_volumes` does, without cover and summary sheet."""
    whole = VoucherForm(form, locale, look, letterhead)
    return print_volumes([Volume(vouchers)], whole, out=out, title=title, created=created, progress=progress)


def print_volumes(
    volumes: Iterable[Volume],
    form: VoucherForm,
    *,
    out: BinaryIO,
    title: str = "",
    created: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> PrintResult:
    """Write volumes of vouchers as one PDF/A file with an outline by period, word and number; return what was written.

    Vouchers may be a generator: nothing is kept but the outline.  ``progress`` is told the number of vouchers done
    after each one.  Cover, summary sheet and vouchers each begin a sheet.

    :param title: of the file, shown by viewers; by default the form's name
    :param created: written into the file; by default now

    :raises DocumentError: nothing to print, or fonts or Pango are missing
    """
    words = WORDS[form.locale]
    stamper = Stamper(
        out, title=title or words.file_title, language=words.language, created=created or datetime.now(UTC)
    )
    done = 0
    for volume in volumes:
        counted = _Counted(volume.vouchers, progress, done)
        for placed in (_covers(volume, form), _summaries(volume, form), _vouchers(counted, form)):
            for sheet in _sheets(placed, form.geometry):
                stamper.page(*form.geometry.sheet, sheet)
        done = counted.done
    report = stamper.close()
    return PrintResult(report.pages, done, report.missing_characters, report.truncated)


class _Counted:
    """Hands vouchers on and reports each when the next is asked for, that is when it has been drawn."""

    def __init__(self, vouchers: Iterable[PrintedVoucher], progress: Callable[[int], None] | None, done: int) -> None:
        self._vouchers = vouchers
        self._progress = progress
        self.done = done

    def __iter__(self) -> Iterator[PrintedVoucher]:
        for voucher in self._vouchers:
            yield voucher
            self.done += 1
            if self._progress is not None:
                self._progress(self.done)


# --- sheets -----------------------------------------------------------------------------------------------------------


def _sheets(placements: Iterable[Sequence[Placement]], form: Geometry) -> Iterator[list[Placement]]:
    """Yield the sheets: on each as many forms as there are slots, and the lines to cut along."""
    sheet: list[Placement] = []
    used = 0
    for placement in placements:
        x, y = form.slots[used]
        sheet += [replace(one, x=one.x + x, y=one.y + y) for one in placement]
        used += 1
        if used == len(form.slots):
            yield [*sheet, *_cuts(form)]
            sheet, used = [], 0
    if sheet:
        yield [*sheet, *_cuts(form)]


def _cuts(form: Geometry) -> list[Placement]:
    """Return dashed lines where a sheet is cut, between its forms."""
    rules = [Rule(x, y, x + form.width, y, width=0.15, colour=_CUT_GREY, dash=1.5) for x, y in form.slots if y]
    return [Placement(None, rules)] if rules else []


def _vouchers(vouchers: Iterable[PrintedVoucher], form: VoucherForm) -> Iterator[list[Placement]]:
    words, moved = WORDS[form.locale], _moved(form)
    seal = _seal(form)
    for voucher in vouchers:
        style, frame = form.style(voucher), form.template(voucher)
        for page in pages_of(voucher, form.lines, subtotals=form.look.subtotals):
            fields = page_fields(page, style)
            mark = _bookmark(page, words)
            if moved == (0, 0):
                yield [Placement(frame, fields, bookmark=mark), *seal]
            else:
                yield [Placement(frame, (), bookmark=mark), Placement(None, fields, *moved), *seal]


def _moved(form: VoucherForm) -> tuple[float, float]:
    """Return how far the fields are moved: frame and labels are printed too, unless they are on the paper."""
    if form.geometry.spots is None:
        return 0, 0
    return millimetres(form.look.right), millimetres(form.look.down)


def _seal(form: VoucherForm) -> list[Placement]:
    """Return the seal, over the name of the company."""
    shape = form.geometry
    return form.letterhead.seal_at(shape.left + 32, shape.subtitle)


def _bookmark(page: VoucherPage, words: FormWords) -> tuple[str, ...]:
    if page.page > 1:
        return ()
    voucher = page.voucher
    return (voucher.period, voucher.word, f"{voucher.word}-{plain_number(voucher, words)}")


def _covers(volume: Volume, form: VoucherForm) -> Iterator[list[Placement]]:
    cover = volume.cover
    if cover is None:
        return
    shape, words = form.geometry, WORDS[form.locale]
    numbered = words.volume.format(volume=cover.volume, volumes=cover.volumes)
    mark = (cover.period, f"{words.cover} {numbered}")
    yield [
        Placement(blank(shape.width, shape.height), cover_fields(cover, shape, words), bookmark=mark),
        *form.letterhead.seal_at(shape.width / 2, shape.height * 0.32),
    ]


def _summaries(volume: Volume, form: VoucherForm) -> Iterator[list[Placement]]:
    summary = volume.summary
    if summary is None:
        return
    shape, words = form.geometry, WORDS[form.locale]
    for number, fields in enumerate(summary_pages(summary, shape, words)):
        mark = () if number else (summary.period, words.summary)
        yield [Placement(blank(shape.width, shape.height), fields, bookmark=mark)]


# --- to compare -------------------------------------------------------------------------------------------------------


def reference_html(volumes: Iterable[Volume], form: VoucherForm) -> str:
    """Return the same sheets as HTML for WeasyPrint, without seals: slow, for comparison and for designing a form."""
    sheets: list[str] = []
    for volume in volumes:
        for placed in (
            _drawn(_covers(volume, form), form, ()),
            _drawn(_summaries(volume, form), form, ()),
            _drawn(_vouchers(volume.vouchers, form), form, volume.vouchers),
        ):
            sheets += placed
    return reference.page(*form.geometry.sheet, sheets, language=WORDS[form.locale].language)


def _drawn(
    placements: Iterable[Sequence[Placement]], form: VoucherForm, vouchers: Iterable[PrintedVoucher]
) -> Iterator[str]:
    """Give the HTML of sheets; in place of each stamped form the HTML it was made of."""
    frames = iter(
        [
            form.static_html(voucher)
            for voucher in vouchers
            for _page in pages_of(voucher, form.lines, subtotals=form.look.subtotals)
        ]
    )
    for sheet in _sheets(placements, form.geometry):
        parts: list[str] = []
        for placement in sheet:
            inside = next(frames, "") if placement.template is not None else ""
            inside += "".join(map(reference.field_html, placement.fields))
            place = f"left:{placement.x}mm;top:{placement.y}mm"
            size = f"width:{form.geometry.width}mm;height:{form.geometry.height}mm"
            parts.append(f'<div style="position:absolute;{place};{size}">{inside}</div>')
        yield "".join(parts)
