"""What @after handlers may rely on: called once after the commit, for all records, while their addon is on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from job_house import House
from sqlalchemy import text

from hanse import Context, Records, after
from hanse.actions import find_action
from hanse.directory.models import Department
from hanse.jobs import outbox
from hanse.testing.people import Person, open_for_admin, open_for_person

Handler = Callable[[Context, Records[Any]], None]


def note_names(ctx: Context, departments: Records[Department]) -> None:
    for name in departments[Department.name]:
        ctx.session.execute(
            text("INSERT INTO effect VALUES (0, :count, :word)"), {"count": len(departments), "word": name}
        )


def add_part(ctx: Context, departments: Records[Department]) -> None:
    create = find_action("core.department.create")
    assert create is not None
    create.handlers.clear()
    ctx.run(create, values=[{"name": f"Part of {name}"} for name in departments[Department.name]])


@pytest.fixture
def watch() -> Iterator[Callable[[Handler, str], None]]:
    """Register a handler of an addon for new departments, until the test is over."""
    create = find_action("core.department.create")
    assert create is not None

    def register(handler: Handler, addon: str = "hanse") -> None:
        handler.__module__ = f"{addon}.handlers"
        after(create)(handler)

    yield register
    create.handlers.clear()


@pytest.fixture(autouse=True)
def no_departments(house: House) -> None:
    with house.transaction() as ctx:
        ctx.session.execute(text("DELETE FROM core_department"))


def create_departments(ctx: Context, *names: str) -> None:
    create = find_action("core.department.create")
    assert create is not None
    ctx.run(create, values=[{"name": name} for name in names])


def test_a_handler_is_called_once_for_all_records_of_a_run(house: House, watch: Any) -> None:
    watch(note_names)
    with house.transaction() as ctx:
        create_departments(ctx, "Sales", "Stock")
        assert house.effects() == []
    house.do_all()
    assert house.ask("SELECT n, word FROM effect ORDER BY word") == [(2, "Sales"), (2, "Stock")]


def test_each_handler_is_a_job_of_its_own(house: House, watch: Any) -> None:
    watch(note_names)
    watch(add_part)
    with house.transaction() as ctx:
        create_departments(ctx, "Sales")
    assert house.states() == {"pending": 2}


def test_many_records_come_in_pieces(house: House, watch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_RECORDS", 2)
    watch(note_names)
    with house.transaction() as ctx:
        create_departments(ctx, "A", "B", "C", "D", "E")
    house.do_all()
    assert house.effects() == [1, 2, 2, 2, 2]


def test_a_handler_whose_addon_is_off_gets_no_job(house: House, watch: Any) -> None:
    watch(note_names, "sample_library")
    with house.transaction() as ctx:
        create_departments(ctx, "Sales")
    assert house.states() == {}


def test_a_handler_whose_addon_was_switched_off_meanwhile_is_not_called(
    house: House, watch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch(note_names)
    with house.transaction() as ctx:
        create_departments(ctx, "Sales")
    monkeypatch.setattr(outbox, "addon_of", lambda _handler: "sample_library")
    house.do_all()
    assert house.states() == {"done": 1}
    assert house.effects() == []


def test_a_handler_does_what_the_business_needs_not_what_the_person_may(house: House, watch: Any) -> None:
    watch(add_part)
    with house.database.session() as session, session.begin():
        clerk = open_for_person(
            open_for_admin(session),
            Person("founder", (("core.department.read", "company"), ("core.department.create", "own")), None, ()),
        )
        create_departments(clerk, "Sales")
    house.change("DELETE FROM core_role_permission WHERE permission = 'core.department.create'")
    house.do_all()
    with house.transaction() as ctx:
        assert ctx.all(Department)[Department.name] == ["Sales", "Part of Sales"]
        told = ctx.session.execute(
            text(
                "SELECT u.login, a.via FROM core_audit a JOIN core_user u ON u.id = a.user_id"
                " ORDER BY a.id DESC LIMIT 1"
            )
        ).one()
    assert tuple(told) == ("founder", "event")


def test_records_that_are_gone_are_left_out(house: House, watch: Any) -> None:
    watch(note_names)
    with house.transaction() as ctx:
        create_departments(ctx, "Sales", "Stock")
    with house.transaction() as ctx:
        ctx.session.execute(text("DELETE FROM core_department WHERE name = 'Sales'"))
    house.do_all()
    assert house.ask("SELECT word FROM effect") == [("Stock",)]


def test_a_handler_that_is_gone_is_dead_and_named(house: House, watch: Any) -> None:
    watch(note_names)
    with house.transaction() as ctx:
        create_departments(ctx, "Sales")
    house.change("""UPDATE core_job SET args = args || '{"handler": "acme.gone"}'""")
    house.do_all()
    assert house.ask("SELECT error FROM core_job") == [("acme.gone no longer exists.",)]
