"""From what somebody typed to a whole stock document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hanse import Context, _
from hanse_inventory.lines import Kept, Lines, key_of
from hanse_inventory.models import EntryKind, StockEntry, StockEntryLine, Tracking
from hanse_inventory.places import Place

ZERO = Decimal(0)


class Drafts(Lines):
    """Completes stock documents."""

    def complete(self, given: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """Give a draft's row with its lines; what is wrong stands in ``errors``, ``field`` says where."""
        value = dict(given)
        self.prefix = prefix
        value["kind"] = kind = self.converted(StockEntry, "kind", value.get("kind") or EntryKind.RECEIPT, "kind")
        place = self.inside(value.get("place"), "place")
        if kind is None or place is None:
            return value
        self._other(value, kind, place)
        lines = [dict(line) for line in value.get("lines") or ()]
        if not lines:
            self.wrong(_("A stock document has at least one line."), "lines")
        for at, line in enumerate(lines):
            self._line(line, at, kind, place)
        value["lines"] = lines
        return value

    def _other(self, value: Mapping[str, Any], kind: EntryKind, place: Place) -> None:
        given = value.get("other")
        if given is None:
            if kind is EntryKind.MOVE:
                self.wrong(_("Say where it is moved to."), "other")
            return
        other = self.places.get(key_of(given))
        if kind is EntryKind.MOVE:
            if other is None or other.store != place.store:
                self.wrong(_("Goods go to another store by a transfer. Choose a place of the same store."), "other")
            elif other.id == place.id:
                self.wrong(_("Goods are there already. Choose another place."), "other")
        elif other is None or other.usage is not kind.other:
            self.wrong(_("Here only a location of the kind “%(usage)s” fits.", usage=kind.other.label), "other")

    # --- lines --------------------------------------------------------------------------------------------------------

    def _line(self, line: dict[str, Any], at: int, kind: EntryKind, place: Place) -> None:
        where = f"lines.{at}."
        product = self.measured(StockEntryLine, line, at)
        line["rejected"] = self.converted(StockEntryLine, "rejected", line.get("rejected") or 0, where + "rejected")
        if product is None:
            return
        self._check_lot(line, product, kind, where)
        if line.get("place") is not None:
            own = self.inside(line["place"], where + "place")
            if own is not None and own.store != place.store:
                self.wrong(_("Choose a place of the same store as that of the document."), where + "place")
        if line["quantity"] is not None and line["rejected"] is not None:
            self._check_rejected(line, kind, where)
        if not kind.written and line.get("transfer_line") is None:
            self.wrong(_("Only what the transfer names can be shipped and received here."), where + "product")

    def _check_rejected(self, line: Mapping[str, Any], kind: EntryKind, where: str) -> None:
        if line["rejected"] and kind not in (EntryKind.RECEIPT, EntryKind.ARRIVAL):
            self.wrong(_("Only what is received can be rejected."), where + "rejected")
        elif not ZERO <= line["rejected"] <= line["quantity"]:
            self.wrong(_("At most the whole quantity is rejected."), where + "rejected")

    def _check_lot(self, line: Mapping[str, Any], product: Kept, kind: EntryKind, where: str) -> None:
        self.check_lot(line, product, where)
        lot, new = line.get("lot"), line.get("new_lot")
        if product.tracking is Tracking.NONE:
            return
        if new and not kind.enters:
            self.wrong(_("Choose the lot that leaves."), where + "new_lot")
        elif new and lot is not None:
            self.wrong(_("Choose a lot, or write a new one; not both."), where + "new_lot")
        elif product.tracking is Tracking.SERIAL and kind.written:
            if lot is None and not new:
                self.wrong(_("Give the serial number."), where + ("new_lot" if kind.enters else "lot"))
            elif line.get("base", 1) != 1:
                self.wrong(_("One serial number is one thing: write a line for each."), where + "quantity")


def complete(ctx: Context, values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Complete drafts for insertion.

    :raises BusinessError: what is missing or wrong, all at once
    """
    drafts = Drafts(ctx, values)
    rows = [
        drafts.complete(value, "" if len(values) == 1 else f"{place}.") | {"maker": ctx.user.id}
        for place, value in enumerate(values)
    ]
    drafts.refuse()
    return rows


__all__ = ["Drafts", "complete"]
