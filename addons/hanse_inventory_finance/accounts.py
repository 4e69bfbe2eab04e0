"""Which account takes what of the stock: the one of the category, of the settings, or of the accounting standard."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, cached_property
from importlib.resources import files

from sqlalchemy import select

from hanse import BusinessError, Context, _, link_id
from hanse.i18n import Label
from hanse_finance.models import VoucherWord
from hanse_finance.standards import Wanted, find_account, leaves_of, standard_of
from hanse_inventory.models import Usage
from hanse_inventory_finance.models import Recognition, StockAccountsSettings
from hanse_products.models import Product
from hanse_products_finance.accounts import Use, accounts_of


class Place(Enum):
    """What an account is needed for, besides those that categories name."""

    RECEIVED = "received", _("Received, not billed")
    VARIATION = "variation", _("Change of stock")
    TRANSIT = "transit", _("Goods in transit")
    VARIANCE = "variance", _("Price differences")
    CONSUMPTION = "consumption", _("Consumption")
    PRODUCTION = "production", _("Production")
    WASTE = "waste", _("Waste")
    DIFFERENCE = "difference", _("Count differences")
    OPENING = "opening", _("Opening stock")


_COUNTERPARTS: Mapping[Usage, Place | Use] = {
    Usage.SUPPLIER: Place.RECEIVED,
    Usage.CUSTOMER: Use.COST,
    Usage.CONSUMPTION: Place.CONSUMPTION,
    Usage.PRODUCTION: Place.PRODUCTION,
    Usage.WASTE: Place.WASTE,
    Usage.DIFFERENCE: Place.DIFFERENCE,
    Usage.OPENING: Place.OPENING,
}
#: Where the standard keeps what categories name.
_BY_CATEGORY = {Use.STOCK: "stock", Use.COST: "cost"}


@cache
def _wanted() -> Mapping[tuple[str, str], Sequence[Wanted]]:
    """Give where each standard keeps what."""
    table = (files("hanse_inventory_finance") / "data" / "accounts.csv").read_text(encoding="utf-8")
    found: dict[tuple[str, str], list[Wanted]] = {}
    for row in csv.DictReader(io.StringIO(table, newline="")):
        wanted = Wanted(row["code"], tuple(row["words"].split()))
        found.setdefault((row["standard"], row["use"]), []).append(wanted)
    return found


@dataclass
class Accounts:
    """The accounts of a company's stock; each part is read when it is first needed."""

    ctx: Context
    _categories: dict[int, int | None] = field(default_factory=dict[int, int | None])
    _of: dict[tuple[Use, int | None], int] = field(default_factory=dict[tuple[Use, int | None], int])
    _places: dict[Place, int] = field(default_factory=dict[Place, int])

    @cached_property
    def settings(self) -> StockAccountsSettings:
        """What the company has set."""
        return self.ctx.settings(StockAccountsSettings)

    @cached_property
    def _leaves(self) -> Sequence[tuple[int, str, str]]:
        return leaves_of(self.ctx)

    @cached_property
    def _standard(self) -> str:
        return standard_of(self.ctx).name

    def read_products(self, products: Iterable[int]) -> None:
        """Read the accounts of products, in a few statements however many they are."""
        wanted = set(products) - self._categories.keys()
        if not wanted:
            return
        query = select(Product.id, link_id(Product.category)).where(Product.id.in_(wanted))
        self._categories |= dict(self.ctx.session.execute(query).all())
        categories = {self._categories[one] for one in wanted}
        for use, name in _BY_CATEGORY.items():
            for category, account in accounts_of(self.ctx, use, categories).items():
                found = account if account is not None else self._of_standard(name)
                if found is not None:
                    self._of[use, category] = found

    def _of_standard(self, use: str) -> int | None:
        return find_account(self._leaves, _wanted().get((self._standard, use), ()))

    def of_product(self, use: Use, product: int) -> int:
        """Give the account of a product.

        :raises BusinessError: there is none; it says where one is named
        """
        found = self._of.get((use, self._categories[product]))
        if found is None:
            raise _missing(use.label, _("on the category, or under System, Settings, Accounts of products"))
        return found

    def at(self, place: Place) -> int:
        """Give the account for a use.

        :raises BusinessError: there is none; it says where one is named
        """
        if place not in self._places:
            chosen: int | None = getattr(self.settings, f"{place.value[0]}_account_id")
            found = chosen if chosen is not None else self._of_standard(place.value[0])
            if found is None:
                raise _missing(place.value[1], _("under System, Settings, Stock in the books"))
            self._places[place] = found
        return self._places[place]

    def counterpart(self, usage: Usage, product: int) -> int | None:
        """Give the account on the other side of what comes from a usage or goes there; None between two stores."""
        wanted = _COUNTERPARTS.get(usage)
        if wanted is None:
            return None
        bought = self.settings.recognition is Recognition.ON_PURCHASE
        if bought and usage in (Usage.SUPPLIER, Usage.CUSTOMER):
            return self.at(Place.VARIATION)
        return self.of_product(wanted, product) if isinstance(wanted, Use) else self.at(wanted)

    @cached_property
    def word(self) -> int | None:
        """The series that vouchers of the stock stand in; None: the first."""
        if self.settings.word_id is not None:
            return self.settings.word_id
        query = select(VoucherWord.id).where(VoucherWord.company_id == self.ctx.company.id, VoucherWord.code == "转")
        return self.ctx.session.scalar(query)


def _missing(use: Label, where: Label) -> BusinessError:
    return BusinessError(_("No account for “%(use)s” was found. Name one %(where)s.", use=use, where=where))


__all__ = ["Accounts", "Place"]
