"""Barcodes as they are kept: tidied, judged, and with the number under which a scan finds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import select

from hanse import BusinessError, Context, _, link_id
from hanse_products.gs1 import check_digit, gtin14, is_gtin
from hanse_products.models import Barcode, BarcodeKind, Product

Values = Mapping[str, Any]
_LENGTHS = (8, 12, 13, 14)


def tidied(code: str, kind: BarcodeKind) -> str:
    """Write a barcode without the blanks and hyphens that people read a GTIN by."""
    return "".join(one for one in code if one not in " -") if kind is BarcodeKind.GTIN else code.strip()


def key_of(code: str, kind: BarcodeKind) -> str:
    """Give the number under which a scan finds a barcode."""
    return gtin14(code) if kind is BarcodeKind.GTIN else code


def with_keys(ctx: Context, rows: Sequence[Values]) -> list[dict[str, Any]]:
    """Tidy the barcodes in rows of values for products, and say under which number each is found."""
    told = _said(ctx, rows)
    result = [dict(row) for row in rows]
    for row in result:
        if row.get("barcodes"):
            row["barcodes"] = [_keyed(line, told) for line in cast("Sequence[Values]", row["barcodes"])]
    return result


def _keyed(line: Values, stored: Mapping[int, tuple[str, BarcodeKind]]) -> dict[str, Any]:
    if line.get("id") and "code" not in line and "kind" not in line:
        return dict(line)
    code, kind = _code_and_kind(line, stored)
    if not code:
        return dict(line)  # the kernel says that it is missing
    plain = tidied(code, kind)
    return {**line, "code": plain, "key": key_of(plain, kind)}


def _said(ctx: Context, rows: Sequence[Values]) -> dict[int, tuple[str, BarcodeKind]]:
    """Read those stored barcodes of which a row says only the code or only the kind."""
    lines = [line for row in rows for line in cast("Sequence[Values]", row.get("barcodes") or ())]
    wanted = [line["id"] for line in lines if line.get("id") and ("code" in line) != ("kind" in line)]
    if not wanted:
        return {}
    query = select(Barcode.id, Barcode.code, Barcode.kind).where(Barcode.id.in_(wanted))
    return {row[0]: (row[1], row[2]) for row in ctx.session.execute(query)}


def _code_and_kind(line: Values, stored: Mapping[int, tuple[str, BarcodeKind]]) -> tuple[str, BarcodeKind]:
    """Give what a line says; what is no kind at all the kernel refuses."""
    code, kind = stored.get(line.get("id") or 0, ("", BarcodeKind.GTIN))
    said, given = line.get("code", code), line.get("kind") or kind
    known = given in tuple(BarcodeKind)
    return (said if isinstance(said, str) else ""), (BarcodeKind(given) if known else BarcodeKind.GTIN)


def refused(ctx: Context, rows: Sequence[Values], changed: Sequence[int]) -> Iterator[BusinessError]:
    """Say which barcodes are wrong, stand twice in what is given, or belong to another product; one statement."""
    stored, places = _said(ctx, rows), dict[str, str]()
    for index, row in enumerate(rows):
        for number, line in enumerate(cast("Sequence[Values]", row.get("barcodes") or ())):
            code, kind = _code_and_kind(line, stored)
            place = f"{index}." * (len(rows) > 1) + f"barcodes.{number}.code"
            plain = tidied(code, kind)
            if not plain or (line.get("id") and "code" not in line and "kind" not in line):
                continue
            if kind is BarcodeKind.GTIN and (wrong := _wrong_gtin(plain)) is not None:
                yield _in_line(number, wrong, place)
            elif (key := key_of(plain, kind)) in places:
                yield _in_line(number, str(_("This barcode stands there twice.")), place)
            else:
                places[key] = place
    yield from _taken(ctx, places, changed)


def _wrong_gtin(code: str) -> str | None:
    """Say what is wrong with a trade item number; None if nothing is."""
    if not (code.isascii() and code.isdigit()) or len(code) not in _LENGTHS:
        return str(
            _(
                "A GTIN has 8, 12, 13 or 14 digits; this has %(length)s characters. Or choose “Own code”.",
                length=len(code),
            )
        )
    if not is_gtin(code):
        return str(
            _(
                "The last digit of %(number)s must be %(digit)s. Check what is printed.",
                number=code,
                digit=check_digit(code[:-1]),
            )
        )
    return None


def _in_line(number: int, message: str, place: str) -> BusinessError:
    return BusinessError(_("Line %(line)s: %(message)s", line=number + 1, message=message), field=place)


def _taken(ctx: Context, places: Mapping[str, str], changed: Sequence[int]) -> Iterator[BusinessError]:
    """Name the product that has a barcode already."""
    if not places:
        return
    query = (
        select(Barcode.key, Barcode.code, Product.name, Product.code)
        .join(Product, Product.id == link_id(Barcode.product))
        .where(Barcode.key.in_(list(places)), Product.id.not_in(list(changed)))
    )
    for key, code, name, product in ctx.session.execute(query):
        message = _("%(name)s (%(code)s) has the barcode %(barcode)s already.", name=name, code=product, barcode=code)
        yield BusinessError(message, field=places[key])


__all__ = ["key_of", "refused", "tidied", "with_keys"]
