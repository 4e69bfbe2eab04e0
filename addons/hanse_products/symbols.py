"""Barcodes and QR codes as pictures that a label prints at any size.

Source: GS1 General Specifications, 5.2 (EAN/UPC) and 5.3 (ITF-14) for quiet zones and how thin a bar may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import quoteattr

from hanse_products.gs1 import is_gtin
from hanse_products.models import BarcodeKind

#: Millimetres: nominal width of the thinnest bar, and the thinnest that scanners in shops must read (80 %).
NOMINAL, THINNEST = 0.33, 0.264
#: Names of python-barcode by the number of digits of a GTIN.
_BY_DIGITS = {8: "ean8", 12: "upca", 13: "ean13", 14: "itf"}
#: Quiet zones beside the bars in widths of the thinnest bar, left and right.
_QUIET = {"ean8": (7, 7), "upca": (9, 9), "ean13": (11, 7), "itf": (10, 10), "code128": (10, 10)}


@dataclass(frozen=True, slots=True)
class Symbol:
    """A code as a picture.

    :ivar svg: bars black on white, with their quiet zones
    :ivar width: millimetres; None: a square, as large as there is place
    :ivar text: what stands below in letters
    """

    svg: bytes
    width: float | None
    text: str


def symbol_for(code: str, kind: BarcodeKind, *, width: float) -> Symbol:
    """Draw a code in bars as scanners of shops know it, or as a QR code where bars would be too thin.

    :param width: millimetres there are for the bars with their quiet zones
    """
    name = _BY_DIGITS[len(code)] if kind is BarcodeKind.GTIN and is_gtin(code) else "code128"
    if name != "code128" or (code.isascii() and code.isprintable()):
        modules = _modules(name, code)
        left, right = _QUIET[name]
        total = left + len(modules) + right
        thin = min(NOMINAL, width / total)
        if thin >= THINNEST * (0.8 if name in ("code128", "itf") else 1):
            return Symbol(_bars(modules, left, total), round(thin * total, 3), grouped(code, name))
    return Symbol(_square(code), None, code)


def grouped(code: str, name: str) -> str:
    """Write a number as it stands below its bars: ``6 901234 567892``."""
    if name == "ean13":
        return f"{code[0]} {code[1:7]} {code[7:]}"
    if name == "upca":
        return f"{code[0]} {code[1:6]} {code[6:11]} {code[11]}"
    if name == "ean8":
        return f"{code[:4]} {code[4:]}"
    if name == "itf":
        return f"{code[0]} {code[1:3]} {code[3:8]} {code[8:13]} {code[13]}"
    return code


def _modules(name: str, code: str) -> str:
    """Give bars (1) and gaps (0) of one width each; the last digit of a GTIN is checked already."""
    import barcode  # a tenth of a second that most processes never need

    if name == "itf":
        import barcode.itf

        return barcode.itf.ITF(code, narrow=1, wide=3).build()[0]
    return barcode.get(name, code if name == "code128" else code[:-1]).build()[0]


def _bars(modules: str, left: int, total: int) -> bytes:
    """Draw bars as one path, a unit for each module, stretched to whatever height the label gives."""
    path, at = "", left
    for one, run in groupby(modules):
        length = sum(1 for _one in run)
        path += f"M{at} 0h{length}v1h-{length}z" if one == "1" else ""
        at += length
    return _svg(
        f"0 0 {total} 1", f"<path d={quoteattr(path)}/>", ' preserveAspectRatio="none" shape-rendering="crispEdges"'
    )


def _square(code: str) -> bytes:
    import segno  # as barcode

    rows = [list(row) for row in segno.make(code, error="m", micro=False).matrix]
    path = "".join(
        f"M{column + 4} {line + 4}h1v1h-1z" for line, row in enumerate(rows) for column, dark in enumerate(row) if dark
    )
    size = len(rows) + 8
    return _svg(f"0 0 {size} {size}", f"<path d={quoteattr(path)}/>", "")


def _svg(box: str, inside: str, more: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"{more}>{inside}</svg>'.encode()


__all__ = ["Symbol", "grouped", "symbol_for"]
