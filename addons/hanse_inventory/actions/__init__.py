"""What can be done with the stock."""

from hanse_inventory.actions.entries import create_entries, inspect_entries, update_entries
from hanse_inventory.actions.lots import quarantine_lots, recall_lots, release_lots
from hanse_inventory.actions.posting import post_entries, reverse_entries

__all__ = [
    "create_entries",
    "inspect_entries",
    "post_entries",
    "quarantine_lots",
    "recall_lots",
    "release_lots",
    "reverse_entries",
    "update_entries",
]
