"""What is registered where the addon is: who follows the stock, and what is checked before a period is closed."""

from __future__ import annotations

from hanse_inventory_finance import booking as booking  # registered by being imported
from hanse_inventory_finance import checks as checks
from hanse_inventory_finance import replaying as replaying
