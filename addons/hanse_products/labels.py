"""Labels for products and their packs, as sheets of PDF with our own fonts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sqlalchemy import select

from hanse import BusinessError, Context, _, link_id
from hanse.i18n import Label, current_locale, format_money
from hanse.models import Model
from hanse.security.clauses import visible_clause
from hanse_products.models import Barcode, BarcodeKind, Product
from hanse_products.packs import packings
from hanse_products.pricing import Asked, prices_of
from hanse_products.symbols import Symbol, symbol_for

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

#: So many labels are drawn at once; a sheet for a whole warehouse is printed in parts.
MOST = 2_000
#: Millimetres that stay free inside a label on every side.
_MARGIN = 2.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """How labels stand on paper; lengths in millimetres, the first label in the corner at ``left`` and ``top``."""

    name: str
    label: Label
    page: tuple[float, float]
    size: tuple[float, float]
    columns: int = 1
    rows: int = 1
    left: float = 0
    top: float = 0

    @property
    def count(self) -> int:
        """How many labels a page has."""
        return self.columns * self.rows

    def corner(self, place: int) -> tuple[float, float]:
        """Give the left upper corner of the label at a place of the page, in rows from the left."""
        row, column = divmod(place, self.columns)
        return self.left + column * self.size[0], self.top + row * self.size[1]


SHEETS = (
    Sheet("labels-a4-24", _("Labels on A4, 24 of 70 × 37 mm"), (210, 297), (70, 37), 3, 8, top=0.5),
    Sheet("labels-a4-40", _("Labels on A4, 40 of 52.5 × 29.7 mm"), (210, 297), (52.5, 29.7), 4, 10),
    Sheet("labels-50x30", _("Labels of 50 × 30 mm, one a page"), (50, 30), (50, 30)),
)


@dataclass(frozen=True, slots=True)
class Tag:
    """What stands on a label.

    :ivar told: what a pack holds, ``1 case = 24 pcs``; empty on the product itself
    :ivar price: as people read it; empty where there is none
    """

    name: str
    specification: str
    told: str
    price: str
    code: str
    kind: BarcodeKind


def tags_of(ctx: Context, products: Sequence[int]) -> list[Tag]:
    """Give a label for each barcode of products, and one with their code for those without; five statements at most.

    Products follow as given; of each, its own barcode comes before those of packs.
    """
    barcode = (
        select(
            Product.id, Product.name, Product.specification, Product.code, Barcode.code, Barcode.kind, Barcode.pack_id
        )
        .outerjoin(Barcode, link_id(Barcode.product) == Product.id)
        .where(Product.id.in_(products), visible_clause(ctx, Product))
        .order_by(Barcode.pack_id.is_not(None), Barcode.id)
    )
    place = {product: at for at, product in enumerate(products)}
    rows = sorted(ctx.session.execute(barcode).all(), key=lambda row: place[row[0]])
    known = packings(ctx, filter(None, [row[6] for row in rows]))
    ids = list(dict.fromkeys(row[0] for row in rows))
    prices = dict(zip(ids, prices_of(ctx, [Asked(one) for one in ids]), strict=True))
    tags: list[Tag] = []
    for product, name, specification, own, code, kind, pack in rows:
        packing, price = known.get(pack or 0), prices[product]
        amount = price.amount if price is not None and packing is None else None
        tags.append(
            Tag(
                name,
                specification or "",
                packing.told() if packing else "",
                _money(ctx, amount),
                code or own,
                kind or _OWN,
            )
        )
    return tags


_OWN = BarcodeKind.OWN


def _money(ctx: Context, amount: Decimal | None) -> str:
    return "" if amount is None else format_money(amount, ctx.company.currency, ctx.company.places)


def print_labels(tags: Iterable[Tag], sheet: Sheet, *, copies: int = 1) -> bytes:
    """Put labels on sheets, each as often as wanted, one after the other.

    :raises BusinessError: more than 2,000 labels
    """
    from hanse.documents.weasy import Resource, render, template_environment  # half a second that few processes need

    chosen = list(chain.from_iterable(repeat(tag, copies) for tag in tags))
    if len(chosen) > MOST:
        message = _("That would be %(count)s labels; print at most %(most)s at once.", count=len(chosen), most=MOST)
        raise BusinessError(message, field="copies")
    width = sheet.size[0] - 2 * _MARGIN
    symbols = {tag: symbol_for(tag.code, tag.kind, width=width) for tag in dict.fromkeys(chosen)}
    names = {tag: sha256(symbol.svg).hexdigest()[:16] for tag, symbol in symbols.items()}
    pages = [
        list(_placed(chosen[first : first + sheet.count], sheet, symbols, names))
        for first in range(0, len(chosen), sheet.count)
    ]
    folder = Path(__file__).parent / "documents"
    template = template_environment(folder).get_template("labels.html.jinja")
    html = template.render(pages=pages, sheet=sheet, language=current_locale().replace("_", "-"), margin=_MARGIN)
    pictures = {names[tag]: Resource(symbol.svg, "image/svg+xml") for tag, symbol in symbols.items()}
    return render(html, base=folder, resources=pictures)


def _placed(
    tags: Sequence[Tag], sheet: Sheet, symbols: dict[Tag, Symbol], names: dict[Tag, str]
) -> Iterator[dict[str, object]]:
    for place, tag in enumerate(tags):
        left, top = sheet.corner(place)
        yield {"tag": tag, "symbol": symbols[tag], "picture": names[tag], "left": left, "top": top}


@dataclass(frozen=True, slots=True)
class LabelDocument:
    """Labels as a document of a list or a product: ``Screen(Product, documents=[LabelDocument(sheet)])``."""

    sheet: Sheet
    addon: str = "hanse_products"
    permission: str = "products.product.read"

    @property
    def name(self) -> str:
        """Its name in addresses."""
        return self.sheet.name

    @property
    def label(self) -> Label:
        """What stands on the button."""
        return self.sheet.label

    def answer(self, request: WebRequest, _model: type[Model], ids: Sequence[int]) -> Response:
        """Send labels of products as one file; ``?copies=3`` prints each three times.

        :raises BusinessError: there is nothing to print, or too much
        """
        from pyramid.response import Response

        tags = tags_of(request.ctx, ids)
        if not tags:
            raise BusinessError(_("There is nothing to print, or it is not for you."))
        asked = request.GET.get("copies", "1")
        pdf = print_labels(tags, self.sheet, copies=int(asked) if asked.isdigit() and 0 < int(asked) <= MOST else 1)
        response = Response(body=pdf, content_type="application/pdf")
        name = str(tags[0].name) if len(set(ids)) == 1 else str(_("Labels"))
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}.pdf"
        response.headers["Cache-Control"] = "private, no-store"
        return response


__all__ = ["SHEETS", "LabelDocument", "Sheet", "Tag", "print_labels", "tags_of"]
