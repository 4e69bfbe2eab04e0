"""What documents may rely on for their numbers, and administrators when they change the rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sample_library.models import Book

from hanse import BusinessError, Forbidden
from hanse.actions import Context, find_action
from hanse.audit.models import AuditEntry
from hanse.sequences.changing import preview, sequence_for
from hanse.sequences.rules import NumberRule


def take(ctx: Context, key: str, count: int = 1, **more: Any) -> list[str]:
    found: list[str] = []
    ctx.run(find_action("library.book.take"), key=key, into=found, count=count, **more)
    return found


def change(ctx: Context, key: str, pattern: str, **more: Any) -> None:
    ctx.run(find_action("core.sequence.change"), sequence=key, pattern=pattern, **more)


def loan_number(library: Any, at: datetime | None = None) -> str:
    ctx = library.ctx if at is None else replace(library.ctx, clock=lambda: at)
    there = library.ctx.all(Book)
    book = there.first() if there else library.book()
    made = ctx.run(find_action("library.loan.create"), values=[{"book": book, "reader": library.reader()}])
    return str(ctx.session.get_one(made_model(), made.id).number)


def made_model() -> Any:
    return find_action("library.loan.create").model


def test_many_numbers_are_taken_at_once_and_follow_each_other(library: Any) -> None:
    assert take(library.ctx, "library.slip", 3, shelf="A", on=date(2025, 5, 1)) == [
        "A/2025-001",
        "A/2025-002",
        "A/2025-003",
    ]
    assert take(library.ctx, "library.slip", on=date(2025, 6, 1), shelf="A") == ["A/2025-004"]


def test_each_value_of_a_given_part_and_each_year_counts_apart(library: Any) -> None:
    take(library.ctx, "library.slip", 3, shelf="A", on=date(2025, 12, 31))

    assert take(library.ctx, "library.slip", shelf="B", on=date(2025, 12, 31)) == ["B/2025-001"]
    assert take(library.ctx, "library.slip", shelf="A", on=date(2026, 1, 1)) == ["A/2026-001"]
    assert take(library.ctx, "library.slip", shelf="A", on=date(2025, 12, 31)) == ["A/2025-004"]


@pytest.mark.parametrize("shelf", ["", "A|B", "A/B", "x" * 21])
def test_a_part_that_could_be_mistaken_is_refused(library: Any, shelf: str) -> None:
    with pytest.raises(BusinessError, match="Shelf"):
        take(library.ctx, "library.slip", shelf=shelf)


def test_start_and_step_hold_and_the_fiscal_year_is_what_the_books_say(library: Any) -> None:
    """Finance is on; without years of its own the calendar's count."""
    assert take(library.ctx, "library.meeting", 2, on=date(2025, 7, 1)) == ["2025/10", "2025/15"]


def test_the_year_ends_at_midnight_of_the_company(library: Any) -> None:
    """Shanghai is eight hours ahead: at 16:30 UTC on New Year's Eve it is next year there."""
    before = loan_number(library, datetime(2025, 12, 31, 15, 30, tzinfo=UTC))
    after = loan_number(library, datetime(2025, 12, 31, 16, 30, tzinfo=UTC))

    assert (before, after) == ("LN-2025-001", "LN-2026-001")


def test_a_changed_rule_goes_on_behind_the_numbers_that_are_given(library: Any) -> None:
    library.book("One"), library.book("Two")
    change(library.ctx, "library.book.code", "BUCH{number:3}")

    assert library.book("Three").code == "BUCH003"


def test_a_rule_that_begins_anew_more_often_gives_no_number_twice(library: Any) -> None:
    """From yearly to monthly and back: numbers of this year that are given are skipped."""
    on = library.ctx.today
    taken = take(library.ctx, "library.slip", 2, shelf="A", on=on)
    change(library.ctx, "library.slip", "{shelf}/{year}-{month}-{number:3}", reset="month")
    taken += take(library.ctx, "library.slip", 2, shelf="A", on=on)
    change(library.ctx, "library.slip", "{shelf}/{year}-{number:3}", reset="year")
    taken += take(library.ctx, "library.slip", 2, shelf="A", on=on)
    change(library.ctx, "library.slip", "{shelf}/{year}-{number:3}", reset="never")
    taken += take(library.ctx, "library.slip", 2, shelf="A", on=on)

    assert len(set(taken)) == len(taken) == 8
    assert [one[-3:] for one in taken] == [f"{n:03}" for n in range(1, 9)]
    assert take(library.ctx, "library.slip", shelf="A", on=date(on.year + 1, 1, 1)) == [f"A/{on.year + 1}-009"]


def test_a_changed_rule_begins_anew_in_periods_to_come(library: Any) -> None:
    on = library.ctx.today
    take(library.ctx, "library.slip", 4, shelf="A", on=on)
    change(library.ctx, "library.slip", "{shelf}/{year}-{month}-{number:3}", reset="month")
    later = date(on.year + 1, 2, 1)

    assert take(library.ctx, "library.slip", shelf="A", on=later) == [f"A/{later.year}-02-001"]


def test_numbers_are_skipped_on_demand_and_never_go_back(library: Any) -> None:
    library.book("One")
    change(library.ctx, "library.book.code", "BK-{number:4}", upcoming=100)
    assert library.book("Two").code == "BK-0100"

    with pytest.raises(BusinessError, match="101 or more") as refused:
        change(library.ctx, "library.book.code", "BK-{number:4}", upcoming=50)
    assert refused.value.field == "upcoming"
    assert library.book("Three").code == "BK-0101"


def test_a_pattern_whose_next_numbers_are_on_records_already_is_refused(library: Any) -> None:
    library.book("Typed", code="NEW-0002")
    library.book("One")

    with pytest.raises(BusinessError, match="NEW-0002"):
        change(library.ctx, "library.book.code", "NEW-{number:4}")
    assert library.book("Two").code == "BK-0002"


@pytest.mark.parametrize(
    ("pattern", "more", "field"),
    [
        ("BK", {}, "pattern"),
        ("BK{id:4}", {}, "pattern"),
        ("BK{number:4}", {"reset": "year"}, "reset"),
        ("BK{number:4}", {"step": 0}, "step"),
        ("B" * 50 + "{number:15}", {}, "pattern"),
    ],
)
def test_a_wrong_rule_is_refused_and_the_old_one_stays(
    library: Any, pattern: str, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(BusinessError) as refused:
        change(library.ctx, "library.book.code", pattern, **more)

    assert refused.value.field == field
    assert library.book("One").code == "BK-0001"


def test_a_rule_goes_back_to_what_the_addon_declares(library: Any) -> None:
    change(library.ctx, "library.book.code", "X{number:2}")
    library.book("One")
    library.ctx.run(find_action("core.sequence.restore"), sequence="library.book.code")

    assert library.book("Two").code == "BK-0002"


def test_codes_of_what_companies_share_follow_the_record_and_their_pattern_can_be_changed(ctx: Context) -> None:
    create = find_action("contacts.partner.create")
    first = ctx.run(create, values=[{"name": "One"}]).id
    change(ctx, "contacts.partner.code", "P-{id:7}")
    second = ctx.run(create, values=[{"name": "Two"}]).id
    typed = ctx.run(create, values=[{"name": "Three", "code": "OWN-1"}]).id

    codes = [ctx.session.get_one(create.model, one).code for one in (first, second, typed)]
    assert codes == [f"C{first:05}", f"P-{second:07}", "OWN-1"]
    with pytest.raises(BusinessError, match="id:5"):
        change(ctx, "contacts.partner.code", "P{number:7}")


def test_only_who_may_changes_a_rule_and_the_audit_tells(library: Any, as_user: Any) -> None:
    with pytest.raises(Forbidden):
        change(as_user("library.book.read"), "library.book.code", "X{number}")

    library.ctx.bind()
    change(library.ctx, "library.book.code", "X{number}")
    entry = library.ctx.all(AuditEntry, AuditEntry.model == "core.sequence").first()
    assert entry.changes["pattern"] == [None, "X{number}"]


def test_a_preview_takes_nothing_and_shows_what_then_comes(library: Any) -> None:
    library.book("One")
    numbering = sequence_for(library.ctx, "library.book.code")
    shown = preview(library.ctx, numbering, NumberRule("N{year}-{number:2}"), None)

    today, later = shown
    year = library.ctx.today.year
    assert shown[today] == [f"N{year}-02", f"N{year}-03", f"N{year}-04"]
    assert (later, shown[later][0]) == (f"{year + 1}-01-01", f"N{year + 1}-01")
    change(library.ctx, "library.book.code", "N{year}-{number:2}")
    assert library.book("Two").code == shown[today][0]


def test_nothing_is_numbered_outside_an_action(library: Any) -> None:
    from hanse.actions.write import OutsideRun

    with pytest.raises(OutsideRun):
        library.ctx.next_numbers("library.slip", shelf="A")
