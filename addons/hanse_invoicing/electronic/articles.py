"""What other addons know of the articles on lines of electronic invoices: how they are identified, what they are here.

    register_articles(Articles("hanse_products_invoicing", tell, recognize))

EN 16931 calls these the item: BT-155 is the seller's identifier, BT-156 the buyer's, BT-157 one of a standard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse import Context

if TYPE_CHECKING:
    from hanse_invoicing.electronic.content import Line
    from hanse_invoicing.models import InvoiceLine

#: The scheme of a GTIN in ISO/IEC 6523, which BT-157 names.
GTIN_SCHEME = "0160"


@dataclass(frozen=True, slots=True)
class Article:
    """What a line sells.

    :ivar code: the seller's own identifier
    :ivar gtin: as it is printed, with 8, 12, 13 or 14 digits
    :ivar unit: code of the line's unit (UN/ECE recommendation 20); empty: as the text of the unit says
    """

    code: str = ""
    gtin: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Articles:
    """What an addon knows of articles; asked for all lines of a document at once, where the addon is on.

    :ivar tell: ``tell(ctx, lines)`` gives what lines sell that we have written, by their ids
    :ivar recognize: ``recognize(ctx, lines, seller)`` gives values for each line of a bill that came in, by names of
        fields; ``seller`` is the id of the partner
    """

    addon: str
    tell: Callable[[Context, Sequence[InvoiceLine]], Mapping[int, Article]]
    recognize: Callable[[Context, Sequence[Line], int], Sequence[Mapping[str, Any]]]


_known: dict[str, Articles] = {}


def register_articles(articles: Articles) -> None:
    """Have an addon asked what lines of electronic invoices sell."""
    _known[articles.addon] = articles


def articles_of(ctx: Context, lines: Sequence[InvoiceLine]) -> dict[int, Article]:
    """Give what lines sell by their ids, as far as an addon knows."""
    found: dict[int, Article] = {}
    for one in _known.values():
        if one.addon in ctx.enabled:
            found |= one.tell(ctx, lines)
    return found


def recognized(ctx: Context, lines: Sequence[Line], seller: int) -> list[dict[str, Any]]:
    """Give what addons know of lines that came in, as values of fields."""
    found: list[dict[str, Any]] = [{} for _line in lines]
    for one in _known.values():
        if one.addon in ctx.enabled:
            for values, more in zip(found, one.recognize(ctx, lines, seller), strict=True):
                values |= more
    return found


__all__ = ["GTIN_SCHEME", "Article", "Articles", "articles_of", "recognized", "register_articles"]
