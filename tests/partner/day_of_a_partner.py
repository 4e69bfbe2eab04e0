"""What happens where acme_loans is installed: enabled for one department, used there, seen nowhere else.

Run by test_contract.py with the fresh environment's Python: ``python day_of_a_partner.py install|removed``.  Every step
asserts; the last line printed is ``fine``.
"""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from webtest import TestApp

from hanse import BusinessError
from hanse.actions import Context, find_action, open_context, system_context
from hanse.actions.context import identify
from hanse.actions.write import insert_columns
from hanse.app import boot, make_app
from hanse.config import Settings
from hanse.database import migrations
from hanse.database.cluster import open_databases
from hanse.database.session import Database
from hanse.directory.founding import SYSTEM, add_role, found_company, found_database, give_role
from hanse.directory.models import Department, User
from hanse.security.passwords import hash_password

PASSWORD = "partner-day-1234"
PEOPLE = {"olga": "Office", "stan": "Store"}


def do(ctx: Context, name: str, records: Any = None, **params: Any) -> Any:
    action = find_action(name)
    assert action is not None, name
    return ctx.run(action, records, **params)


def people(session: Session) -> Context:
    """Found a company with two departments and one person in each; lending is on for the office only."""
    found_database(session)
    system = identify(session, SYSTEM)
    assert system is not None
    ctx = found_company(session, system, {"name": "Acme", "currency": "EUR", "locale": "en"}, addons=["hanse_contacts"])
    ctx = system_context(session, system, ctx.company.id, via="test")
    do(ctx, "core.company.enable_addon", [ctx.company.id], addon="acme_loans")
    add_role(
        session,
        "staff",
        "Staff",
        (("loans.*", "company"), ("contacts.*", "company"), ("core.department.read", "company")),
    )
    for login, department in PEOPLE.items():
        insert_columns(
            session,
            User.__table__,
            {"login": [login], "name": [login.title()], "password": [hash_password(PASSWORD)], "locale": ["en"]},
        )
        give_role(session, login, "staff", ctx.company.id)
        user = identify(session, login)
        assert user is not None
        do(ctx, "core.department.create", values=[{"name": department, "members": [{"user": user.id}]}])
    office = session.scalars(select(Department.id).where(Department.name == "Office")).one()
    do(ctx, "core.department.show_addons", [office], addons=["acme_loans"])
    return ctx


def browse(app: Any, login: str) -> TestApp:
    """Log somebody in."""
    browser = TestApp(app)
    form = next(one for one in browser.get("/login").forms.values() if "password" in one.fields)
    form["login"], form["password"] = login, PASSWORD
    form.submit().follow()
    return browser


def installed_and_used(database: Database, settings: Settings) -> None:
    """Enable, use, look from the other department, disable."""
    with database.session() as session, session.begin():
        ctx = people(session)
        company = ctx.company.id
        office = session.scalars(select(Department.id).where(Department.name == "Office")).one()
        loan = lend(open_context(session, identify(session, "olga"), company, via="test"), office)
    app = make_app(settings, database)
    olga, stan = browse(app, "olga"), browse(app, "stan")

    assert "/loans/loan" in olga.get("/").text, "the office sees the menu entry"
    page = olga.get(f"/loans/loan/{loan}").text
    assert "Projector" in page
    assert "Lent" in page
    assert "Deposit" in olga.get("/contacts/partner/new").text, "and its field on contacts"
    assert "/loans/loan" not in stan.get("/").text, "the store sees nothing of it"
    stan.get("/loans/loan", status=404)
    stan.get(f"/loans/loan/{loan}", status=404)
    assert "Deposit" not in stan.get("/contacts/partner/new").text

    with database.session() as session, session.begin():
        ctx = system_context(session, identify(session, SYSTEM), company, via="test")
        borrower = session.scalar(text("SELECT borrower_id FROM loans_loan"))
        with pytest.raises(BusinessError, match="Projector"):  # the hook keeps whoever has something
            do(ctx, "contacts.partner.archive", [borrower])
        do(ctx, "core.company.disable_addon", [company], addon="acme_loans")
    assert "/loans/loan" not in olga.get("/").text, "switched off, it is gone for everybody"
    olga.get(f"/loans/loan/{loan}", status=404)
    with database.session() as session, session.begin():
        ctx = system_context(session, identify(session, SYSTEM), company, via="test")
        do(ctx, "contacts.partner.archive", [borrower])
        assert session.scalar(text("SELECT count(*) FROM loans_loan")) == 1, "but its data stays"


def lend(ctx: Context, office: int) -> int:
    """Lend a projector as the person from the office."""
    thing = do(ctx, "loans.equipment.create", values=[{"name": "Projector", "department": office}]).id
    borrower = do(ctx, "contacts.partner.create", values=[{"name": "Anna", "deposit": "50"}]).id
    loan = do(
        ctx, "loans.loan.create", values=[{"equipment": thing, "borrower": borrower, "until": date(2030, 1, 31)}]
    ).id
    do(ctx, "loans.loan.hand_out", [loan])
    return int(loan)


def removed(database: Database) -> None:
    """Without the package: everything else works, a later migration too, and the rows are still there."""
    assert find_action("loans.loan.hand_out") is None
    with database.session() as session, session.begin():
        company = session.scalar(text("SELECT id FROM core_company WHERE name = 'Acme'"))
        ctx = system_context(session, identify(session, SYSTEM), int(company), via="test")
        do(ctx, "contacts.partner.create", values=[{"name": "Somebody new"}])
        assert session.scalar(text("SELECT count(*) FROM loans_loan")) == 1


def main() -> None:
    settings = Settings.load()
    boot(settings)
    with open_databases(settings) as databases:
        migrations.upgrade(databases.owner_url, databases.app_url)
        database = Database(databases.app_url)
        if sys.argv[1] == "install":
            installed_and_used(database, settings)
        else:
            removed(database)
        database.close()
    print("fine")


if __name__ == "__main__":
    main()
