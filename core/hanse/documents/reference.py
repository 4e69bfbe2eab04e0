"""The fields of a form as HTML: the same page drawn by WeasyPrint instead of stamped.

The slow way, kept as the yardstick of the fast one: tests render both and compare the pictures.  Also useful to put
single fields into a template, so that a label stands exactly where a stamped text would.
"""

from collections.abc import Iterable, Sequence
from html import escape

from hanse.documents.fonts import CSS_FAMILY, Role
from hanse.documents.stamp import MIDDLE, MM, Cells, Colour, Field, Fill, PageCount, Rule, Text, baselines, fitted
from hanse.documents.typeset import stack_of

_BASE_STYLE = (
    "body{margin:0}p{position:absolute;margin:0;white-space:pre;line-height:1;font-kerning:none;"
    "font-variant-ligatures:none}svg,img{position:absolute}"
)


def page(width: float, height: float, sheets: Iterable[str], *, style: str = "", language: str = "zh-CN") -> str:
    """Return a document of pages of ``width`` x ``height`` millimetres; a sheet is the HTML of a page."""
    body = "".join(
        f'<div style="position:relative;height:{height}mm;overflow:hidden;break-after:page">{sheet}</div>'
        for sheet in sheets
    )
    size = f"@page{{size:{width}mm {height}mm;margin:0}}"
    head = f'<meta charset="utf-8"><style>{size}{_BASE_STYLE}{style}</style>'
    return f'<!DOCTYPE html><html lang="{language}">{head}{body}</html>'


def field_html(field: Field) -> str:
    """Return a field as HTML, positioned in millimetres within the nearest positioned element."""
    match field:
        case Text():
            return _text(field)
        case Cells():
            return "".join(_cell(field, index) for index in range(len(field.text)))
        case Rule():
            return rules_svg([field])
        case Fill():
            x, y = field.x, field.y
            place = f"left:{x:.3f}mm;top:{y:.3f}mm;width:{field.width:.3f}mm;height:{field.height:.3f}mm"
            return f'<div style="position:absolute;{place};background:{_css(field.colour)}"></div>'
        case PageCount():
            raise ValueError("Only a whole file knows its pages: draw PageCount.counted(pages) in its place.")


def rules_svg(rules: Sequence[Rule]) -> str:
    """Return lines as one drawing."""
    right = max(max(rule.x1, rule.x2) + rule.width for rule in rules)
    bottom = max(max(rule.y1, rule.y2) + rule.width for rule in rules)
    lines = "".join(_line(rule) for rule in rules)
    size = f'width="{right:.3f}mm" height="{bottom:.3f}mm" viewBox="0 0 {right:.3f} {bottom:.3f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" style="left:0;top:0" {size}>{lines}</svg>'


def _line(rule: Rule) -> str:
    dash = f' stroke-dasharray="{rule.dash}"' if rule.dash else ""
    ends = f'x1="{rule.x1:.3f}" y1="{rule.y1:.3f}" x2="{rule.x2:.3f}" y2="{rule.y2:.3f}"'
    return f'<line {ends} stroke="{_css(rule.colour)}" stroke-width="{rule.width}"{dash}/>'


def _css(colour: Colour) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


def _paragraph(text: str, left: float, baseline: float, size: float, font: Role, colour: Colour) -> str:
    """Return one line of text that starts at ``left`` and stands on ``baseline``, in millimetres."""
    face = stack_of(font).faces[0]
    top = baseline - (0.5 + (face.ascent - face.descent) / 2) * size / MM
    weight = ";font-weight:700" if font.endswith("bold") else ""
    place = f"left:{left:.3f}mm;top:{top:.3f}mm;font-size:{size:g}pt;font-family:{CSS_FAMILY[font]}{weight}"
    return f'<p style="{place};color:{_css(colour)}">{escape(text)}</p>'


def _text(field: Text) -> str:
    lines = fitted(field)
    stack = stack_of(field.font)
    shift = {"left": 0.0, "centre": 0.5, "right": 1.0}[field.align]
    return "".join(
        _paragraph(
            line,
            field.x - stack.width(line) * lines.size / MM * shift,
            baseline,
            lines.size,
            field.font,
            field.colour,
        )
        for line, baseline in zip(lines.lines, baselines(field, lines), strict=True)
    )


def _cell(field: Cells, index: int) -> str:
    character = field.text[index]
    left = field.middle(index) - stack_of(field.font).width(character) * field.size / MM / 2
    return _paragraph(character, left, field.y + MIDDLE * field.size / MM, field.size, field.font, field.colour)
