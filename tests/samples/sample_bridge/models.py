"""A book that is both reviewed and fined."""

from __future__ import annotations

from sample_fines.models import FinedBook


class BridgedBook(FinedBook, extends=True):
    """Has the last word."""

    def display_name(self) -> str:
        return f"[{super().display_name()}]"
