"""What a company sets about products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse import Mapped, Section, Settings, _, choice, link
from hanse_products.models.categories import Costing
from hanse_products.models.units import Unit


class ProductsSettings(
    Settings, section=Section(_("Products"), help=_("How products are kept and valued."), icon="package", order=22)
):
    """Settings of products."""

    unit: Mapped[Unit | None] = link(
        _("Unit of new products"), help=_("It stands on the form of a new product. Empty: pieces.")
    )
    costing: Mapped[Costing] = choice(
        _("Costing method"),
        default=Costing.MOVING_AVERAGE,
        help=_("How stock is valued where no category says otherwise."),
    )

    if TYPE_CHECKING:
        unit_id: Mapped[int | None]
