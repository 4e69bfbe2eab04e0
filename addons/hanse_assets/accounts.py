"""Which account takes what: the one of the asset, of its category, of the settings, or of the accounting standard."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property
from importlib.resources import files

from sqlalchemy import select

from hanse import BusinessError, Context, _, link_id
from hanse_assets.models import Asset, AssetCategory, AssetsSettings, CategoryExpense
from hanse_finance.actions.accounts import key_of
from hanse_finance.models import AccountDimension, Dimension, DimensionSet, DimensionSource, DimensionValue
from hanse_finance.standards import Wanted, find_account, leaves_of, standard_of


class Use(Enum):
    """What an account is needed for."""

    ASSET = "asset", _("Fixed assets")
    DEPRECIATION = "depreciation", _("Accumulated depreciation")
    EXPENSE = "expense", _("Depreciation expense")
    PROVISION = "provision", _("Provision for impairment")
    IMPAIRMENT = "impairment", _("Impairment losses")
    CLEARING = "clearing", _("Disposal of fixed assets")
    SALE_GAIN = "sale_gain", _("Gains on sales of assets")
    SALE_LOSS = "sale_loss", _("Losses on sales of assets")
    SCRAP_GAIN = "scrap_gain", _("Gains on scrapped assets")
    SCRAP_LOSS = "scrap_loss", _("Losses on scrapped assets")
    INPUT_TAX = "input_tax", _("Input VAT")
    OUTPUT_TAX = "output_tax", _("Output VAT")


@cache
def _wanted() -> Mapping[tuple[str, str], Sequence[Wanted]]:
    """Give where each standard keeps what."""
    table = (files("hanse_assets") / "data" / "accounts.csv").read_text(encoding="utf-8")
    found: dict[tuple[str, str], list[Wanted]] = {}
    for row in csv.DictReader(io.StringIO(table, newline="")):
        wanted = Wanted(row["code"], tuple(row["words"].split()))
        found.setdefault((row["standard"], row["use"]), []).append(wanted)
    return found


@dataclass
class Accounts:
    """The accounts of a company's assets; each part is read when it is first needed."""

    ctx: Context

    @cached_property
    def _leaves(self) -> Sequence[tuple[int, str, str]]:
        return leaves_of(self.ctx)

    @cached_property
    def _standard(self) -> str:
        return standard_of(self.ctx).name

    @cached_property
    def _categories(self) -> Mapping[int, tuple[int | None, int | None, int | None]]:
        query = select(
            AssetCategory.id,
            AssetCategory.asset_account_id,
            AssetCategory.depreciation_account_id,
            AssetCategory.expense_account_id,
        ).where(AssetCategory.company_id == self.ctx.company.id)
        return {
            key: (asset, depreciation, expense) for key, asset, depreciation, expense in self.ctx.session.execute(query)
        }

    @cached_property
    def _expenses(self) -> Mapping[tuple[int, int], int]:
        query = select(CategoryExpense.category_id, CategoryExpense.department_id, CategoryExpense.account_id).where(
            CategoryExpense.company_id == self.ctx.company.id
        )
        return {(category, department): account for category, department, account in self.ctx.session.execute(query)}

    def of(self, use: Use) -> int:
        """Give the account for a use: the one of the settings, else the standard's.

        :raises BusinessError: there is none; it says where one is named
        """
        chosen: int | None = getattr(self.ctx.settings(AssetsSettings), f"{use.value[0]}_account_id")
        if chosen is not None:
            return chosen
        found = find_account(self._leaves, _wanted().get((self._standard, use.value[0]), ()))
        if found is not None:
            return found
        raise BusinessError(
            _("No account for “%(use)s” was found. Name one under System, Settings, Fixed assets.", use=use.value[1])
        )

    def asset(self, category: int) -> int:
        """Give the account that the cost of a category stands on."""
        return self._categories[category][0] or self.of(Use.ASSET)

    def depreciation(self, category: int) -> int:
        """Give the account that the depreciation of a category adds up on."""
        return self._categories[category][1] or self.of(Use.DEPRECIATION)

    def expense(self, asset: Asset) -> int:
        """Give the account that bears the depreciation of an asset."""
        by_department = self._expenses.get((asset.category_id, asset.department_id or 0))
        return (
            asset.expense_account_id or by_department or self._categories[asset.category_id][2] or self.of(Use.EXPENSE)
        )


@dataclass
class Departments:
    """The department of an asset as a dimension, on accounts that ask for it."""

    ctx: Context

    @cached_property
    def _asked(self) -> Mapping[int, list[tuple[int, DimensionSource, str]]]:
        query = (
            select(AccountDimension.account_id, Dimension.id, Dimension.source, Dimension.name)
            .join(Dimension, Dimension.id == link_id(AccountDimension.dimension))
            .where(AccountDimension.company_id == self.ctx.company.id)
        )
        found: dict[int, list[tuple[int, DimensionSource, str]]] = {}
        for account, dimension, source, name in self.ctx.session.execute(query):
            found.setdefault(account, []).append((dimension, source, name))
        return found

    @cached_property
    def _values(self) -> Mapping[tuple[int, int | None], int]:
        query = select(DimensionValue.dimension_id, DimensionValue.department_id, DimensionValue.id).where(
            DimensionValue.company_id == self.ctx.company.id, DimensionValue.department_id.is_not(None)
        )
        return {(dimension, department): key for dimension, department, key in self.ctx.session.execute(query)}

    @cached_property
    def _sets(self) -> Mapping[str, int]:
        keys = {key_of([value]) for value in self._values.values()}
        query = select(DimensionSet.key, DimensionSet.id).where(
            DimensionSet.company_id == self.ctx.company.id, DimensionSet.key.in_(keys)
        )
        return dict(self.ctx.session.execute(query).all())

    def details(self, account: int, department: int | None) -> int | None:
        """Give the id of the dimensions of a line; None where the account asks for none.

        :raises BusinessError: it asks for something else, or the department is no value of the dimension yet
        """
        asked = self._asked.get(account, [])
        if not asked:
            return None
        dimension, source, name = asked[0]
        if len(asked) > 1 or source is not DimensionSource.DEPARTMENTS:
            names = ", ".join(one[2] for one in asked)
            raise BusinessError(
                _("An expense account asks for %(names)s; depreciation knows the department only.", names=names)
            )
        value = self._values.get((dimension, department))
        found = self._sets.get(key_of([value])) if value is not None else None
        if found is None:
            raise BusinessError(
                _(
                    "The expense account asks for %(name)s. Give every asset a department, and fetch the values of "
                    "the dimension in the settings of finance.",
                    name=name,
                )
            )
        return found


__all__ = ["Accounts", "Departments", "Use"]
