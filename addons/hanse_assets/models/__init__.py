"""What is kept of fixed assets."""

from hanse_assets.models.assets import Asset, AssetStatus, DisposalKind
from hanse_assets.models.categories import AssetCategory, CategoryExpense, Method
from hanse_assets.models.depreciation import Depreciation, Production
from hanse_assets.models.settings import AssetsSettings

__all__ = [
    "Asset",
    "AssetCategory",
    "AssetStatus",
    "AssetsSettings",
    "CategoryExpense",
    "Depreciation",
    "DisposalKind",
    "Method",
    "Production",
]
