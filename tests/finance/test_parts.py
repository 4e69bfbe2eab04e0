"""What belongs to a voucher or a year changes only with it."""

from __future__ import annotations

import pytest

from hanse.actions import find_action


@pytest.mark.parametrize(
    "name", ["finance.voucher_line", "finance.period", "finance.account_dimension", "finance.reversal"]
)
@pytest.mark.parametrize("verb", ["create", "update", "delete"])
def test_parts_have_no_general_actions(name: str, verb: str) -> None:
    assert find_action(f"{name}.{verb}") is None


def test_a_voucher_can_be_deleted() -> None:
    assert find_action("finance.voucher.delete") is not None
