"""What lending may rely on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from acme_loans.actions import hand_out, take_back
from acme_loans.models import AlreadyOut, Equipment, Loan, LoansPartner, LoanState

from hanse import Context
from hanse.actions import find_action


def make(ctx: Context, model: str, **values: Any) -> int:
    return ctx.run(find_action(f"{model}.create"), values=[values]).id  # type: ignore[arg-type]


@pytest.fixture
def office(ctx: Context) -> int:
    return make(ctx, "core.department", name="Office")


@pytest.fixture
def projector(ctx: Context, office: int) -> int:
    return make(ctx, "loans.equipment", name="Projector", department=office)


def loan(ctx: Context, thing: int, borrower: str) -> int:
    partner = make(ctx, "contacts.partner", name=borrower)
    return make(ctx, "loans.loan", equipment=thing, borrower=partner, until=date(2030, 1, 31))


def test_a_thing_in_one_persons_hands_cannot_go_to_another(ctx: Context, projector: int) -> None:
    first, second = loan(ctx, projector, "Anna"), loan(ctx, projector, "Bert")
    ctx.run(hand_out, [first])

    with pytest.raises(AlreadyOut, match="Anna"):
        ctx.run(hand_out, [second])


def test_damage_is_remembered_when_a_thing_comes_back(ctx: Context, projector: int) -> None:
    one = loan(ctx, projector, "Anna")
    ctx.run(hand_out, [one])
    ctx.run(take_back, [one], damage="Lens cracked")

    assert ctx.all(Loan, Loan.id == one).one().state is LoanState.BACK


def test_a_borrower_is_not_deleted(ctx: Context, projector: int) -> None:
    one = ctx.all(Loan, Loan.id == loan(ctx, projector, "Anna")).one()

    assert not LoansPartner.of(one.borrower).may_be_deleted()


def test_equipment_gets_a_code(ctx: Context, projector: int) -> None:
    thing = ctx.all(Equipment, Equipment.id == projector).one()

    assert thing.display_name().endswith("Projector")
    assert thing.code.startswith("EQ-")
