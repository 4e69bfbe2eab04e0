"""A letterhead and a seal as plain values, and how they are put on a sheet: as HTML, or stamped.

Nothing here knows a database.  What draws is imported when it draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal

from markupsafe import Markup

if TYPE_CHECKING:
    from hanse.documents.stamp import Field, Placement
    from hanse.documents.weasy import Resource

Head = Literal["full", "name", "none"]
"""All of a letterhead, only the company's name, or nothing."""

_LOGO: Final = "logo"
_SEAL: Final = "seal"
STYLE: Final = Markup(  # no input in it
    ".hz-head{display:flow-root;padding-bottom:3mm;margin-bottom:4mm;border-bottom:1.2pt solid #1f3a5f;"
    "font:8.5pt/1.45 'Noto Sans SC',Inter,sans-serif;color:#444}"
    ".hz-head img{max-height:14mm;max-width:55mm;display:block;margin-bottom:1.5mm}"
    ".hz-head b{font-size:12pt;color:#111}.hz-head-lines{float:right;margin-left:8mm;text-align:right}"
    ".hz-seal{position:relative;display:inline-block;vertical-align:middle;width:0;height:0}"
    ".hz-seal img{position:absolute;object-fit:contain}"
)


@dataclass(frozen=True, slots=True)
class Seal:
    """The picture of a seal, how wide it is, and how far it is moved from where the document has it, in mm."""

    picture: Resource
    width: Decimal = Decimal(38)
    right: Decimal = Decimal(0)
    down: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What a company puts on one kind of document.

    :ivar name: as it is registered
    :ivar lines: address, phone, tax number and bank account, as far as the kind of document shows them
    """

    name: str = ""
    lines: tuple[str, ...] = ()
    logo: Resource | None = None
    seal: Seal | None = None
    head: Head = "full"

    def resources(self) -> dict[str, Resource]:
        """Return what the HTML refers to."""
        found: dict[str, Resource] = {}
        if self.head == "full" and self.logo is not None:
            found[_LOGO] = self.logo
        if self.seal is not None:
            found[_SEAL] = self.seal.picture
        return found

    def html(self) -> Markup:
        """Return the letterhead for the top of a page that WeasyPrint flows; it wants ``STYLE``."""
        if self.head == "none" or not self.name:
            return Markup()
        picture = Markup('<img src="resource:logo" alt="">') if _LOGO in self.resources() else Markup()
        lines = Markup("<br>").join(self.lines if self.head == "full" else ())
        inner = Markup('<div class="hz-head-lines">{}</div><div>{}<b>{}</b></div>').format(lines, picture, self.name)
        return Markup('<header class="hz-head">{}</header>').format(inner)

    def seal_html(self) -> Markup:
        """Return the seal, centred on the place where this stands in the text, and moved as the company wants it."""
        if self.seal is None:
            return Markup()
        size, half = self.seal.width, self.seal.width / 2
        place = f"left:{self.seal.right - half}mm;top:{self.seal.down - half}mm;width:{size}mm;height:{size}mm"
        return Markup('<span class="hz-seal"><img src="resource:seal" alt="" style="{}"></span>').format(place)

    # --- stamped ------------------------------------------------------------------------------------------------------

    @property
    def key(self) -> tuple[str, ...]:
        """What a form with this letterhead on it depends on, besides itself; the seal is stamped, not part of it."""
        if self.head != "full":
            return ()
        return (*self.lines, sha256(self.logo.content).hexdigest() if self.logo is not None else "")

    def band(self, left: float, right: float, top: float, *, width: float, height: float) -> Markup:
        """Return the letterhead for a form with things at fixed places: logo on the left, lines on the right.

        The name is not in it: such forms have a place for it.

        :param width: of either side, in mm; :param height: of both
        """
        from hanse.documents import reference
        from hanse.documents.stamp import Text

        if self.head != "full":
            return Markup()
        parts: list[str] = []
        if self.logo is not None:
            place = f"left:{left:.2f}mm;top:{top:.2f}mm;max-height:{height:.2f}mm;max-width:{width:.2f}mm"
            parts.append(f'<img src="resource:{_LOGO}" alt="" style="{place}">')
        text = "  ".join(self.lines)
        if text:
            field: Field = Text(right, top + height / 2, text, 7.5, "right", width, height=height, min_size=5)
            parts.append(reference.field_html(field))
        return Markup("".join(parts))  # noqa: S704  made of numbers and escaped text

    def band_resources(self) -> Mapping[str, Resource]:
        """Return what the band refers to."""
        return {name: one for name, one in self.resources().items() if name == _LOGO}

    def seal_at(self, x: float, y: float) -> list[Placement]:
        """Return the seal as something stamped over a page, its middle at a place of the sheet; nothing without one."""
        from hanse.documents.forms import picture
        from hanse.documents.stamp import Placement, millimetres

        if self.seal is None:
            return []
        size = millimetres(self.seal.width)
        left, top = x + millimetres(self.seal.right) - size / 2, y + millimetres(self.seal.down) - size / 2
        return [Placement(picture(self.seal.picture, size, size), (), left, top)]


NO_LETTERHEAD: Final = Letterhead(head="none")

__all__ = ["NO_LETTERHEAD", "STYLE", "Head", "Letterhead", "Seal"]
