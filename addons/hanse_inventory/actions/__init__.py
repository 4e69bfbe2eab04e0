"""What can be done with the stock."""

from hanse_inventory.actions.correcting import adjust_stock
from hanse_inventory.actions.counting import (
    approve_counts,
    begin_counts,
    cancel_counts,
    count_again,
    create_counts,
    finish_counts,
    post_counts,
    tally_counts,
)
from hanse_inventory.actions.entries import create_entries, inspect_entries, update_entries
from hanse_inventory.actions.lots import quarantine_lots, recall_lots, release_lots
from hanse_inventory.actions.posting import post_entries, reverse_entries
from hanse_inventory.actions.recosting import cost_entries_again
from hanse_inventory.actions.repricing import add_costs, reprice
from hanse_inventory.actions.reserving import free_entries, reserve_entries
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
    "add_costs",
    "adjust_stock",
    "approve_counts",
    "approve_transfers",
    "begin_counts",
    "cancel_counts",
    "cancel_transfers",
    "close_transfers",
    "cost_entries_again",
    "count_again",
    "create_counts",
    "create_entries",
    "create_transfers",
    "finish_counts",
    "free_entries",
    "inspect_entries",
    "post_counts",
    "post_entries",
    "prepare_arrivals",
    "prepare_shipments",
    "quarantine_lots",
    "recall_lots",
    "receive_transfers",
    "release_lots",
    "reprice",
    "reserve_entries",
    "reverse_entries",
    "settle_transfers",
    "ship_transfers",
    "tally_counts",
    "update_entries",
    "update_transfers",
]
