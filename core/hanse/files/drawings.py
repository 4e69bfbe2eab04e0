"""SVG drawings that only draw: nothing in them runs, reaches out, or grows without end.

Source: SVG 1.1 (second edition), sections 5 to 18; what is left out there scripts, embeds, animates or loads.
"""

from __future__ import annotations

import re
from typing import BinaryIO, Final
from xml.etree import ElementTree

from hanse.errors import BusinessError
from hanse.i18n import _

SVG: Final = "{http://www.w3.org/2000/svg}"
_XHTML: Final = "{http://www.w3.org/1999/xhtml}"
_DRAWN: Final = frozenset(
    f"{SVG}{name}"
    for name in (
        *("svg", "g", "defs", "symbol", "use", "title", "desc", "metadata", "style", "switch", "marker"),
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "textPath"),
        *("linearGradient", "radialGradient", "stop", "pattern", "clipPath", "mask"),
    )
)
#: Elements that a drawing of a logo or a seal never needs, and that would take long to draw.
_MOST_ELEMENTS: Final = 20_000
_DEEPEST: Final = 60
_OUTSIDE: Final = re.compile(r"url\(\s*['\"]?\s*(?!#)|@import|expression\s*\(|javascript:", re.IGNORECASE)
_DECLARED: Final = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


def check_drawing(name: str, file: BinaryIO) -> None:
    """Judge a drawing, and leave the file where it begins.

    :raises BusinessError: it is none, or holds more than what is drawn
    """
    file.seek(0)
    content = file.read()
    file.seek(0)
    if b"\x00" in content[:4] or _DECLARED.search(content):
        raise _refused(name, "DOCTYPE")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314  without declarations there are no entities to expand
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError) as error:
        raise _refused(name, "XML") from error
    if root.tag != f"{SVG}svg":
        raise _refused(name, "svg")
    count = 0
    waiting: list[tuple[ElementTree.Element, int]] = [(root, 1)]
    while waiting:
        element, depth = waiting.pop()
        count += 1
        if count > _MOST_ELEMENTS or depth > _DEEPEST:
            raise BusinessError(_("%(name)s has too many parts to be drawn.", name=name))
        _check_element(name, element)
        waiting += [(child, depth + 1) for child in element]


def _check_element(name: str, element: ElementTree.Element) -> None:
    tag = str(element.tag)
    if tag.startswith(_XHTML) or (tag.startswith(SVG) and tag not in _DRAWN) or not tag.startswith("{"):
        raise _refused(name, tag.rpartition("}")[2])
    for key, value in element.attrib.items():
        plain = key.rpartition("}")[2].lower()
        leads_out = plain in ("href", "src") and not value.strip().startswith("#")
        if plain.startswith("on") or leads_out or _OUTSIDE.search(value):
            raise _refused(name, plain)
    if tag == f"{SVG}style" and _OUTSIDE.search("".join(element.itertext())):
        raise _refused(name, "style")


def _refused(name: str, what: str) -> BusinessError:
    return BusinessError(
        _("%(name)s is no drawing that only draws (%(what)s). Save it as plain SVG.", name=name, what=what)
    )


__all__ = ["check_drawing"]
