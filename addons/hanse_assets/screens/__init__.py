"""What people see of fixed assets."""

from hanse import _, menu_section

menu_section("assets", _("Fixed assets"), order=22, icon="building-factory-2")

from hanse_assets.screens.assets import ASSETS, CATEGORIES  # noqa: E402  the menu is named first
from hanse_assets.screens.reports import PERIOD_DEPRECIATION, SCHEDULE  # noqa: E402

__all__ = ["ASSETS", "CATEGORIES", "PERIOD_DEPRECIATION", "SCHEDULE"]
