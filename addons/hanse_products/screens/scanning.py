"""The page on which somebody with a scanner learns what a code means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from hanse import BusinessError, _, page
from hanse.i18n import Label, format_day
from hanse_products.actions import look_up

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

#: What is shown of the answer besides product and quantity, in this order.
_FACTS: Mapping[str, Label] = {
    "lot": _("Lot"),
    "serial": _("Serial number"),
    "expires": _("Expires"),
    "best_before": _("Best before"),
    "sell_by": _("Sell by"),
    "produced": _("Produced"),
    "packed": _("Packed"),
    "sscc": _("Shipping unit (SSCC)"),
    "gtin": _("GTIN"),
}
#: Days after which goods are no longer what they should be.
_LAST_DAYS = ("expires", "best_before", "sell_by")


@page(
    "scan", title=_("Look up a barcode"), menu="products", icon="search", order=15, permission="products.product.read"
)
def scan(request: WebRequest) -> Response:
    """Ask for a code, and say what the one that was given means."""
    from hanse.web.page import page_of, render  # Pyramid is loaded by the web only

    text = request.GET.get("text", "")
    shown: dict[str, Any] = {"action": request.to("/products/scan"), "text": text}
    status = 200
    if text.strip():
        try:
            answer: Mapping[str, Any] = request.ctx.run(look_up, text=text).result
            shown["found"] = _shown(answer, request.to(f"/products/product/{answer['product']}"), request.ctx.today)
            shown |= {"text": "", "scanned": text}  # the next scan finds an empty field
        except BusinessError as error:
            shown["error"], status = error.message, 422
    return render(request, "products/scan.jinja2", page_of(request, _("Look up a barcode")), status=status, scan=shown)


def _shown(answer: Mapping[str, Any], url: str, today: date) -> dict[str, Any]:
    facts: list[dict[str, Any]] = [{"label": _("Quantity"), "text": answer["told"]}]
    for name, label in _FACTS.items():
        value = answer.get(name)
        if isinstance(value, date):
            late = name in _LAST_DAYS and value < today
            facts.append({"label": label, "text": format_day(value), "tone": "bad" if late else None})
        elif value is not None:
            facts.append({"label": label, "text": value})
    if not answer["active"]:
        facts.append({"label": _("State"), "text": _("Archived"), "tone": "warn"})
    return {"name": answer["name"], "code": answer["code"], "url": url, "facts": facts}
