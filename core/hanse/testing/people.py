"""People for tests: made quickly, without the actions that an administrator would use."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hanse.actions import Context, open_context
from hanse.actions.context import identify
from hanse.actions.write import insert_columns
from hanse.directory.founding import add_role, give_role
from hanse.directory.models import Company, CompanyAddon, Department, Membership, User
from hanse.testing.databases import COMPANY

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody for a test."""

    name: str | None
    permissions: tuple[tuple[str, str], ...]
    role: str | None
    departments: tuple[str, ...]


def open_for_admin(session: Session) -> Context:
    """Open a Context of the administrator in the company of the template."""
    admin = identify(session, "admin")
    assert admin is not None
    company = session.scalars(select(Company.id).where(Company.name == COMPANY)).one()
    return open_context(session, admin, company, via="test")


def open_for_person(ctx: Context, person: Person, addons: Sequence[str] | None = None) -> Context:
    """Add a person and open their Context in the company and transaction of ``ctx``."""
    session, company = ctx.session, ctx.company.id
    ctx.bind()
    login = person.name or f"person{next(_numbers)}"
    insert_columns(session, User.__table__, {"login": [login], "name": [login.capitalize()]})
    if person.role is not None:
        give_role(session, login, person.role, company)
    if person.permissions or person.role is None:
        held = person.permissions or (("nothing", "own"),)  # without any they could not even enter the company
        add_role(session, f"of_{login}", f"Role of {login}", held)
        give_role(session, login, f"of_{login}", company)
    identity = identify(session, login)
    assert identity is not None
    for department in person.departments:
        _join(ctx, department, identity.id)
    if addons is not None:
        switch_on(ctx, addons)
    return open_context(session, identity, company, via="test", clock=ctx.clock)


def switch_on(ctx: Context, addons: Sequence[str]) -> None:
    """Switch exactly these addons on in the company of ``ctx``; Contexts opened from now on know it."""
    ctx.bind()
    ctx.session.execute(delete(CompanyAddon).where(CompanyAddon.company_id == ctx.company.id))
    if addons:
        columns: dict[str, list[Any]] = {"addon": list(addons), "enabled": [True] * len(addons)}
        insert_columns(ctx.session, CompanyAddon.__table__, columns, {"company_id": ctx.company.id})


def department(ctx: Context, name: str, parent: int | None = None) -> int:
    """Give the id of a department of the company of ``ctx``, which is made when the name is new."""
    query = select(Department.id).where(Department.company_id == ctx.company.id, Department.name == name)
    ctx.bind()
    there = ctx.session.scalar(query)
    if there is None:
        columns: dict[str, list[Any]] = {"name": [name], "parent_id": [parent]}
        insert_columns(ctx.session, Department.__table__, columns, {"company_id": ctx.company.id})
        there = ctx.session.scalars(query).one()
    return there


def _join(ctx: Context, name: str, user: int) -> None:
    columns = {"department_id": [department(ctx, name)], "user_id": [user]}
    insert_columns(ctx.session, Membership.__table__, columns, {"company_id": ctx.company.id})
