"""Vouchers as PDF: from plain values to pages, stamped; and the same pages as HTML, to compare."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from markupsafe import Markup

from hanse.documents import reference, weasy
from hanse.documents.stamp import Field, Placement, Rule, Stamper, Template, Text, template
from hanse.documents.typeset import stack_of
from hanse.documents.weasy import Resource
from hanse_cn.forms.fields import Style, VoucherPage, page_fields, pages_of, plain_number
from hanse_cn.forms.geometry import DIGIT_LABELS, GEOMETRIES, FormName, Geometry
from hanse_cn.forms.words import WORDS, FormWords, Locale
from hanse_finance.printed import NO_LETTERHEAD, Letterhead, PrintedVoucher, PrintResult

_FOLDER: Final = Path(__file__).parent
DEFAULT_LINES: Final = 6
_CUT_GREY: Final = (0.6, 0.6, 0.6)


@dataclass(frozen=True, slots=True)
class VoucherForm:
    """A voucher form with its settings."""

    name: FormName = "240x140"
    locale: Locale = "zh_CN"
    lines_per_page: int = DEFAULT_LINES
    strike_unused: bool = False
    letterhead: Letterhead = NO_LETTERHEAD

    def __post_init__(self) -> None:
        if not 3 <= self.lines_per_page <= 12:
            raise ValueError(f"{self.lines_per_page} lines do not fit a voucher form: 3 to 12 do.")

    @property
    def geometry(self) -> Geometry:
        """Where things stand on the form."""
        return GEOMETRIES[self.name]

    def style(self, voucher: PrintedVoucher) -> Style:
        """Return how a voucher fills the form; digit cells need a currency of two decimals and Chinese readers."""
        words = WORDS[self.locale]
        grid = voucher.decimals == 2 and words.capital
        return Style(self.geometry, words, self.lines_per_page, grid, self.strike_unused)

    def static_html(self, voucher: PrintedVoucher) -> str:
        """Return the form itself, without anything of the voucher."""
        style = self.style(voucher)
        page = weasy.template_environment(_FOLDER).get_template("voucher.html.jinja")
        return page.render(
            form=style.form,
            lines=style.lines,
            grid=style.grid,
            words=style.words,
            letterhead=self.letterhead.text,
            logo=self.letterhead.logo is not None,
            digit_labels=DIGIT_LABELS,
            Text=Text,
            html=_html,
        )

    def resources(self) -> dict[str, Resource]:
        """Return what the form's HTML may refer to."""
        return {} if self.letterhead.logo is None else {"logo": self.letterhead.logo}

    def template(self, voucher: PrintedVoucher) -> Template:
        """Return the form as something to stamp on."""
        style = self.style(voucher)
        logo = self.letterhead.logo
        key = (
            "hanse_cn.voucher",
            stack_of("serif").faces[0].path,
            (self.name, self.locale, self.lines_per_page, style.grid),
            (self.letterhead.text, sha256(logo.content).hexdigest() if logo else None),
        )
        form = style.form

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
    lines_per_page: int = DEFAULT_LINES,
    strike_unused: bool = False,
    title: str = "",
    created: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> PrintResult:
    """Write vouchers as one PDF/A file with an outline by period, word and number; return what was written.

    ``vouchers`` may be a generator: nothing is kept but the outline.  ``progress`` is told the number of vouchers done
    after each one.

    :param strike_unused: draw a slanted line through the money columns of unused lines (斜线注销)
    :param title: of the file, shown by viewers; by default the form's name
    :param created: written into the file; by default now

    :raises DocumentError: no voucher, or fonts or Pango are missing
    """
    voucher_form = VoucherForm(form, locale, lines_per_page, strike_unused, letterhead)
    words = WORDS[locale]
    stamper = Stamper(
        out, title=title or words.file_title, language=words.language, created=created or datetime.now(UTC)
    )
    counted = _Counted(vouchers, progress)
    for sheet in _sheets(counted, voucher_form):
        stamper.page(*voucher_form.geometry.sheet, [_placement(placed, voucher_form) for placed in sheet])
    report = stamper.close()
    return PrintResult(report.pages, counted.done, report.missing_characters, report.truncated)


class _Counted:
    """Hands vouchers on and reports each when the next is asked for, that is when it has been drawn."""

    def __init__(self, vouchers: Iterable[PrintedVoucher], progress: Callable[[int], None] | None) -> None:
        self._vouchers = vouchers
        self._progress = progress
        self.done = 0

    def __iter__(self) -> Iterator[PrintedVoucher]:
        for voucher in self._vouchers:
            yield voucher
            self.done += 1
            if self._progress is not None:
                self._progress(self.done)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A page of a voucher and its place on the sheet."""

    page: VoucherPage
    x: float
    y: float

    def fields(self, form: VoucherForm) -> list[Field]:
        """Return what is put on the form here, with the line to cut along above a lower form."""
        fields = page_fields(self.page, form.style(self.page.voucher))
        if self.y:
            fields.append(Rule(0, 0, form.geometry.width, 0, width=0.15, colour=_CUT_GREY, dash=1.5))
        return fields


def _sheets(vouchers: Iterable[PrintedVoucher], form: VoucherForm) -> Iterator[list[_Placed]]:
    """Yield the sheets: as many pages of vouchers on each as the form has slots."""
    slots = form.geometry.slots
    sheet: list[_Placed] = []
    for voucher in vouchers:
        for page in pages_of(voucher, form.lines_per_page):
            sheet.append(_Placed(page, *slots[len(sheet)]))
            if len(sheet) == len(slots):
                yield sheet
                sheet = []
    if sheet:
        yield sheet


def _placement(placed: _Placed, form: VoucherForm) -> Placement:
    voucher = placed.page.voucher
    bookmark = _bookmark(placed.page, WORDS[form.locale])
    return Placement(form.template(voucher), placed.fields(form), placed.x, placed.y, bookmark)


def _bookmark(page: VoucherPage, words: FormWords) -> tuple[str, ...]:
    if page.page > 1:
        return ()
    voucher = page.voucher
    return (voucher.period, voucher.word, f"{voucher.word}-{plain_number(voucher, words)}")


def reference_html(vouchers: Iterable[PrintedVoucher], form: VoucherForm) -> str:
    """Return the same sheets as HTML for WeasyPrint: slow, for comparison and for designing a form."""
    sheets = ("".join(_slot_html(placed, form) for placed in sheet) for sheet in _sheets(vouchers, form))
    return reference.page(*form.geometry.sheet, sheets, language=WORDS[form.locale].language)


def _slot_html(placed: _Placed, form: VoucherForm) -> str:
    inside = form.static_html(placed.page.voucher) + "".join(map(reference.field_html, placed.fields(form)))
    size = f"width:{form.geometry.width}mm;height:{form.geometry.height}mm"
    return f'<div style="position:absolute;left:{placed.x}mm;top:{placed.y}mm;{size}">{inside}</div>'
