"""What authors of tests may rely on from the pytest plugin and from the guards of this suite."""

from __future__ import annotations

import socket
import time

import pytest
from sqlalchemy import select, text

from hanse.directory.models import Department, User
from hanse.testing import TrialDatabase, statements
from hanse.testing.people import department


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_writes_is_gone_in_the_next(ctx, verb, turn):
    assert ctx.all(Department).ids == []
    ctx.run(verb("core.department.create"), values=[{"name": "Sales"}])
    ctx.session.commit()
    assert len(ctx.all(Department)) == 1, "even a commit stays inside the test"


def test_the_company_of_the_template_has_the_addons_of_the_settings_on(ctx, company):
    assert company is ctx.company
    assert (company.name, company.currency, company.places) == ("Hanse Trading", "CNY", 2)
    assert "hanse" in ctx.enabled
    assert not any(name.startswith("sample_") for name in ctx.enabled)


def test_a_database_of_ones_own_may_be_written(own_database: TrialDatabase):
    with own_database.session() as session, session.begin():
        session.execute(text("UPDATE core_user SET name = 'Changed' WHERE login = 'admin'"))
    with own_database.session() as session:
        assert session.scalar(select(User.name).where(User.login == "admin")) == "Changed"


def test_it_is_a_copy(database: TrialDatabase, own_database: TrialDatabase):
    assert database.name != own_database.name
    with database.session() as session:
        assert session.scalar(select(User.name).where(User.login == "admin")) == "Administrator"


def test_another_person_shares_the_transaction(ctx, as_user):
    clerk = as_user("core.department.read", departments=["Sales"], name="clerk")
    assert (clerk.user.login, clerk.user.id) != (ctx.user.login, ctx.user.id)
    assert clerk.visible(Department)[Department.name] == ["Sales"]
    assert not clerk.may("core.department.update")
    assert as_user(role="administrator").may("core.department.update")
    assert as_user(role="reader").may("core.department.read")


def test_a_person_without_permissions_may_nothing(as_user):
    nobody = as_user()
    assert not nobody.may("core.department.read")
    assert not nobody.visible(User).ids


def test_departments_are_made_once(ctx):
    assert department(ctx, "Sales") == department(ctx, "Sales")


def test_addons_can_be_switched(ctx, as_user):
    assert as_user(addons=["sample_library"]).enabled == {"hanse", "sample_library"}
    assert as_user(addons=[]).enabled == {"hanse"}


def test_statements_are_counted(ctx):
    with statements(ctx) as sent:
        ctx.session.scalar(select(User.id).limit(1))
        ctx.session.scalar(text("SELECT 1"))
    assert len(sent) == 2
    ctx.session.scalar(text("SELECT 2"))
    assert len(sent) == 2


def test_the_network_is_out_of_reach():
    with socket.socket() as outside, pytest.raises(RuntimeError, match="must not reach the network"):
        outside.connect(("192.0.2.1", 80))


def test_a_test_does_not_sleep():
    with pytest.raises(RuntimeError, match="must not sleep"):
        time.sleep(1)
    time.sleep(0.001)
