"""Stock documents, transfer notes and count sheets as documents of their screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from hanse import _
from hanse.errors import NotFound
from hanse.i18n import Label
from hanse.models import Model
from hanse_inventory.models import StockCount, StockEntry, Transfer
from hanse_inventory.papers import print_entries, print_sheets, print_transfers

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest


def _sent(content: bytes, name: str) -> Response:
    from pyramid.response import Response

    response = Response(body=content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{name}.pdf', safe='')}"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _nothing() -> NotFound:
    return NotFound(_("There is nothing to print, or it is not for you."))


@dataclass(frozen=True, slots=True)
class EntryPaper:
    """Stock documents as paper: receipt notes, issue slips, delivery notes."""

    label: Label
    name: str = "note"
    addon: str = "hanse_inventory"
    permission: str = "inventory.entry.read"

    def answer(self, request: WebRequest, _model: type[Model], ids: Sequence[int]) -> Response:
        """Send documents as one file.

        :raises NotFound: none of them is there for this person
        """
        chosen = list(request.ctx.visible(StockEntry, StockEntry.id.in_(ids), order_by=[StockEntry.number]))
        if not chosen:
            raise _nothing()
        pdf = print_entries(request.ctx, chosen, request.services.files)
        return _sent(pdf, str(chosen[0].title()) if len(chosen) == 1 else str(_("Stock documents")))


@dataclass(frozen=True, slots=True)
class TransferPaper:
    """Transfer notes, which go with the goods."""

    label: Label
    name: str = "note"
    addon: str = "hanse_inventory"
    permission: str = "inventory.transfer.read"

    def answer(self, request: WebRequest, _model: type[Model], ids: Sequence[int]) -> Response:
        """Send transfer notes as one file.

        :raises NotFound: none of them is there for this person
        """
        chosen = list(request.ctx.visible(Transfer, Transfer.id.in_(ids), order_by=[Transfer.number]))
        if not chosen:
            raise _nothing()
        pdf = print_transfers(request.ctx, chosen, request.services.files)
        return _sent(pdf, str(chosen[0].title()) if len(chosen) == 1 else str(_("Transfer notes")))


@dataclass(frozen=True, slots=True)
class CountPaper:
    """Sheets to count on, blind: they do not say what the books expect."""

    label: Label
    name: str = "sheet"
    addon: str = "hanse_inventory"
    permission: str = "inventory.count.read"

    def answer(self, request: WebRequest, _model: type[Model], ids: Sequence[int]) -> Response:
        """Send count sheets as one file.

        :raises NotFound: none of them is there for this person
        """
        chosen = list(request.ctx.visible(StockCount, StockCount.id.in_(ids), order_by=[StockCount.number]))
        if not chosen:
            raise _nothing()
        pdf = print_sheets(request.ctx, chosen, request.services.files)
        return _sent(pdf, str(chosen[0].title()) if len(chosen) == 1 else str(_("Count sheets")))


__all__ = ["CountPaper", "EntryPaper", "TransferPaper"]
