"""The stamped fast path: a static form drawn once, and only the changing text put on it.

A form (frame, grid, labels, logo) is HTML and CSS, rendered once per process by WeasyPrint and kept as a Form XObject.
A page is a list of placements: a form at a place, and the fields on it.  Fields are plain values in millimetres from
the form's top left corner, so the same list can also be drawn by WeasyPrint (hanse.documents.reference), which the
tests use to compare the two.  A thousand vouchers take under a second, one embedded subset per font for the whole file.

The file is PDF/A-2u (ISO 19005-2): fonts embedded, sRGB output intent, no transparency, text searchable.
"""

import io
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from threading import Lock
from typing import BinaryIO, Final, Literal

import pikepdf

from hanse.documents.embed import EmbeddedFonts
from hanse.documents.errors import DocumentError
from hanse.documents.fonts import Role
from hanse.documents.pdffile import Copier, PdfFile, text_string
from hanse.documents.typeset import Fitted, FontStack, Room, fit, printable, stack_of

MM: Final = 72 / 25.4
MIDDLE: Final = 0.38
"""Height of the middle of a CJK character above its baseline, in em."""

Colour = tuple[float, float, float]
BLACK: Final[Colour] = (0.0, 0.0, 0.0)
RED: Final[Colour] = (0.78, 0.04, 0.1)
WHITE: Final[Colour] = (1.0, 1.0, 1.0)
Align = Literal["left", "centre", "right"]


@dataclass(frozen=True, slots=True)
class Text:
    """A text, its block centred vertically on ``y``; ``x`` is its left, middle or right edge as ``align`` says.

    Wrapped into ``max_lines`` lines of ``width`` millimetres, or as many as ``height`` has room for, then made smaller
    down to ``min_size`` points, then cut with an ellipsis.  Without a width it is one line as long as it is.
    """

    x: float
    y: float
    text: str
    size: float = 9
    align: Align = "left"
    width: float | None = None
    font: Role = "serif"
    colour: Colour = BLACK
    max_lines: int = 1
    height: float | None = None
    min_size: float = 5
    leading: float = 1.15


@dataclass(frozen=True, slots=True)
class Cells:
    """A figure with a digit a cell, the last in the last of ``count`` cells of ``pitch`` millimetres from ``x``.

    ``reading`` is what a person selecting, searching or listening gets: "1,234.00" for the cells 123400.
    """

    x: float
    y: float
    text: str
    pitch: float
    count: int
    reading: str
    size: float = 9
    font: Role = "serif"
    colour: Colour = BLACK

    def __post_init__(self) -> None:
        if len(self.text) > self.count:
            raise ValueError(f"{self.text} does not fit into {self.count} cells")

    def middle(self, index: int) -> float:
        """Return where the middle of a character is, in millimetres."""
        return self.x + self.pitch * (self.count - len(self.text) + index + 0.5)


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line; ``dash`` is the length of dashes and gaps, 0 for none."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float = 0.2
    colour: Colour = BLACK
    dash: float = 0


@dataclass(frozen=True, slots=True)
class Fill:
    """A filled rectangle, drawn over the form and under rules and text."""

    x: float
    y: float
    width: float
    height: float
    colour: Colour = WHITE


@dataclass(frozen=True, slots=True)
class PageCount:
    """A text that says how many pages the file has, in place of ``{pages}``; it is drawn when the file is closed.

    Read after what stands before it on the page, so a page number ends where this begins: "3 / " and "{pages}".
    """

    x: float
    y: float
    text: str
    size: float = 9
    font: Role = "sans"
    colour: Colour = BLACK

    def counted(self, pages: int) -> Text:
        """Return it as the text of a file of so many pages."""
        return Text(0, 0, self.text.format(pages=pages), self.size, font=self.font, colour=self.colour)


Field = Text | Cells | Rule | Fill | PageCount


@dataclass(frozen=True, slots=True)
class Template:
    """A static form: one page of ``height`` millimetres, as PDF."""

    key: Hashable
    height: float
    pdf: bytes


@dataclass(frozen=True, slots=True)
class Placement:
    """A form and its fields at a place of a page, and the path of headings under which the outline shows it."""

    template: Template | None
    fields: Sequence[Field]
    x: float = 0
    y: float = 0
    bookmark: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StampReport:
    """What was written: the pages, the characters no font has (drawn as boxes), and the texts cut with an ellipsis."""

    pages: int
    missing_characters: tuple[str, ...]
    truncated: tuple[str, ...]


_SHIFTS: Final[Mapping[Align, float]] = {"left": 0.0, "centre": 0.5, "right": 1.0}
_TEMPLATES_KEPT: Final = 64
_SHOWN_KEPT: Final = 20_000
"""Texts whose operators are kept: columns repeat days, names and signs."""
_templates: OrderedDict[Hashable, Template] = OrderedDict()
_templates_lock = Lock()


def millimetres(length: Decimal) -> float:
    """Return an exact length as a number to draw with."""
    return float(length)


def template(key: Hashable, height: float, render: Callable[[], bytes]) -> Template:
    """Return the form of a key, rendered by ``render`` the first time in this process; the least used are forgotten.

    The key must hold everything the form depends on.  ``render`` returns a PDF of one page with an sRGB output
    intent: ``weasy.render(html, variant="pdf/a-2u")``.
    """
    with _templates_lock:
        if key in _templates:
            _templates.move_to_end(key)
            return _templates[key]
    made = Template(key, height, render())
    with _templates_lock:
        _templates[key] = made
        while len(_templates) > _TEMPLATES_KEPT:
            _templates.popitem(last=False)
    return made


def fitted(field: Text) -> Fitted:
    """Return the lines and the size a text is drawn with."""
    return _fitted(field, printable(field.text), stack_of(field.font))


def _fitted(field: Text, text: str, stack: FontStack) -> Fitted:
    if field.width is None:
        return Fitted((text,), field.size)
    height = None if field.height is None else field.height * MM
    room = Room(field.width * MM, field.max_lines, height, field.leading)
    return fit(text, stack, room, size=field.size, min_size=field.min_size)


def baselines(field: Text, lines: Fitted) -> list[float]:
    """Return the baseline of each line in millimetres below the form's top."""
    step = lines.size * field.leading / MM
    first = field.y + MIDDLE * lines.size / MM - step * (len(lines.lines) - 1) / 2
    return [first + step * index for index in range(len(lines.lines))]


class Stamper:
    """Writes one PDF, page by page, to ``out``; memory does not grow with the pages."""

    def __init__(self, out: BinaryIO, *, title: str, language: str, created: datetime) -> None:
        self._file = PdfFile(out)
        self._title, self._language, self._created = title, language, created
        self._fonts = EmbeddedFonts()
        self._stacks: dict[Role, FontStack] = {}
        self._shown: dict[tuple[Role, float, str], str] = {}
        self._resources = self._file.reserve()
        self._forms: dict[Hashable, tuple[str, str]] = {}
        self._counts: dict[PageCount, tuple[str, int]] = {}
        self._output_intent: str | None = None
        self._truncated: dict[str, None] = {}

    def page(self, width: float, height: float, placements: Iterable[Placement]) -> None:
        """Write a page of ``width`` x ``height`` millimetres."""
        placed = list(placements)
        content: list[str] = []
        for placement in placed:
            content.extend(self._placement(placement, height))
        page = self._file.add_page(width * MM, height * MM, "\n".join(content).encode("ascii"), self._resources)
        for placement in placed:
            if placement.bookmark:
                self._file.add_bookmark(placement.bookmark, page, (height - placement.y) * MM)

    def close(self) -> StampReport:
        """Write fonts, outline and metadata, and tell what was written."""
        if self._output_intent is None:
            raise DocumentError("There is nothing to print: no page has a form.")
        counted = [(count.counted(self._file.pages), number) for count, (_name, number) in self._counts.items()]
        counts = [(number, self._text(text, 0, 0)) for text, number in counted]
        forms = "".join(f"/{name} {reference}" for name, reference in self._forms.values())
        forms += "".join(f"/{name} {number} 0 R" for name, number in self._counts.values())
        fonts = "".join(f"/{name} {number} 0 R" for name, number in self._fonts.write(self._file))
        for number, content in counts:
            entries = f"/Type/XObject/Subtype/Form/BBox[-9 -9 999 9]/Resources<</Font<<{fonts}>>>>"
            self._file.add_stream(f"BT {content} ET".encode("ascii"), entries, number=number)
        self._file.add(f"<</XObject<<{forms}>>/Font<<{fonts}>>>>", self._resources)
        self._file.finish(
            title=self._title, language=self._language, created=self._created, output_intent=self._output_intent
        )
        return StampReport(self._file.pages, tuple(sorted(self._fonts.missing)), tuple(self._truncated))

    def _page_count(self, count: PageCount, left: float, top: float) -> str:
        """Return the operators that show the number of pages, which is written at the end."""
        plain = replace(count, x=0, y=0)
        if plain not in self._counts:
            self._counts[plain] = (f"N{len(self._counts)}", self._file.reserve())
        name = self._counts[plain][0]
        return f"q 1 0 0 1 {left + count.x * MM:.2f} {top - count.y * MM:.2f} cm /{name} Do Q"

    def _form(self, form: Template) -> str:
        """Return the resource name of a form, copying it into the file the first time."""
        known = self._forms.get(form.key)
        if known is None:
            with pikepdf.open(io.BytesIO(form.pdf)) as source:
                copier = Copier(self._file)
                xobject = source.make_indirect(source.pages[0].as_form_xobject())
                known = self._forms[form.key] = (f"T{len(self._forms)}", copier.text(xobject))
                if self._output_intent is None:
                    self._output_intent = copier.text(source.Root.OutputIntents)
        return known[0]

    def _placement(self, placement: Placement, page_height: float) -> list[str]:
        left, top = placement.x * MM, (page_height - placement.y) * MM
        drawn: list[str] = []
        texts: list[str] = []
        late: list[str] = []
        if placement.template is not None:
            bottom = top - placement.template.height * MM
            drawn.append(f"q 1 0 0 1 {left:.3f} {bottom:.3f} cm /{self._form(placement.template)} Do Q")
        for field in placement.fields:
            match field:
                case Text():
                    texts.append(self._text(field, left, top))
                case Cells():
                    texts.append(self._cells(field, left, top))
                case Rule():
                    drawn.append(_rule(field, left, top))
                case Fill():
                    drawn.append(_fill(field, left, top))
                case PageCount():
                    late.append(self._page_count(field, left, top))
        return [*drawn, "BT", *texts, "ET", *late]

    def _text(self, field: Text, left: float, top: float) -> str:
        """Return the operators of a text; one of several lines, or cut short, is read as what it was.

        PDFium (Chromium's viewer, 2026) leaves characters beyond the BMP out of such a reading, so lines that have
        one are read as they are drawn.
        """
        text, stack = printable(field.text), self._stack(field.font)
        lines = _fitted(field, text, stack)
        shift = _SHIFTS[field.align]
        drawn = [_colour(field.colour)]
        if len(lines.lines) == 1 and not lines.truncated:
            line, size = lines.lines[0], lines.size
            x = left + field.x * MM - (stack.width(line) * size * shift if shift else 0.0)
            y = top - field.y * MM - MIDDLE * size
            return f"{drawn[0]}\n1 0 0 1 {x:.2f} {y:.2f} Tm\n{self._show(field.font, size, line)}"
        for line, baseline in zip(lines.lines, baselines(field, lines), strict=True):
            x = left + field.x * MM - (stack.width(line) * lines.size * shift if shift else 0.0)
            drawn.append(f"1 0 0 1 {x:.2f} {top - baseline * MM:.2f} Tm")
            drawn.append(self._show(field.font, lines.size, line))
        if lines.truncated:
            self._truncated[field.text] = None
        if lines.truncated or (len(lines.lines) > 1 and max(text) <= "\uffff"):
            return _read_as(text, drawn)
        return "\n".join(drawn)

    def _stack(self, role: Role) -> FontStack:
        """Return the fonts of a role, which are the same for the whole file."""
        known = self._stacks.get(role)
        if known is None:
            known = self._stacks[role] = stack_of(role)
        return known

    def _cells(self, field: Cells, left: float, top: float) -> str:
        stack = self._stack(field.font)
        y = top - field.y * MM - MIDDLE * field.size
        drawn = [_colour(field.colour)]
        for index, character in enumerate(field.text):
            x = left + field.middle(index) * MM - stack.width(character) * field.size / 2
            drawn.append(f"1 0 0 1 {x:.2f} {y:.2f} Tm {self._show(field.font, field.size, character)}")
        return _read_as(field.reading, drawn)

    def _show(self, role: Role, size: float, text: str) -> str:
        """Return the operators that show a text from the current point, changing fonts where characters need it."""
        key = (role, size, text)
        known = self._shown.get(key)
        if known is None:
            runs = self._fonts.runs(role, text)
            if len(self._shown) > _SHOWN_KEPT:
                self._shown.clear()
            known = " ".join(f"/{name} {size:g} Tf <{codes}> Tj" for name, codes in runs)
            self._shown[key] = known
        return known


@lru_cache(maxsize=64)
def _colour(colour: Colour) -> str:
    return " ".join(f"{part:g}" for part in colour) + " rg"


def _read_as(text: str, drawn: Sequence[str]) -> str:
    return "\n".join((f"/Span<</ActualText {text_string(text)}>>BDC", *drawn, "EMC"))


def _rule(rule: Rule, left: float, top: float) -> str:
    stroke = " ".join(f"{part:g}" for part in rule.colour) + " RG"
    dash = f"[{rule.dash * MM:.2f}] 0 d " if rule.dash else ""
    start = f"{left + rule.x1 * MM:.2f} {top - rule.y1 * MM:.2f} m"
    end = f"{left + rule.x2 * MM:.2f} {top - rule.y2 * MM:.2f} l"
    return f"q {stroke} {rule.width * MM:.2f} w {dash}{start} {end} S Q"


def _fill(fill: Fill, left: float, top: float) -> str:
    x, y = left + fill.x * MM, top - (fill.y + fill.height) * MM
    return f"q {_colour(fill.colour)} {x:.2f} {y:.2f} {fill.width * MM:.2f} {fill.height * MM:.2f} re f Q"
