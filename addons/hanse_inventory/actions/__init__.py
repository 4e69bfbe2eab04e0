"""What can be done with the stock."""

from hanse_inventory.actions.entries import create_entries, inspect_entries, update_entries
from hanse_inventory.actions.lots import quarantine_lots, recall_lots, release_lots
from hanse_inventory.actions.posting import post_entries, reverse_entries
from hanse_inventory.actions.transfers import (
    approve_transfers,
    cancel_transfers,
    close_transfers,
    create_transfers,
    prepare_arrivals,
    prepare_shipments,
    receive_transfers,
    settle_transfers,
    ship_transfers,
    update_transfers,
)

__all__ = [
    "approve_transfers",
    "cancel_transfers",
    "close_transfers",
    "create_transfers",
    "prepare_arrivals",
    "prepare_shipments",
    "receive_transfers",
    "settle_transfers",
    "ship_transfers",
    "update_transfers",
    "create_entries",
    "inspect_entries",
    "post_entries",
    "quarantine_lots",
    "recall_lots",
    "release_lots",
    "reverse_entries",
    "update_entries",
]
