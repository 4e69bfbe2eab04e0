"""visible(): who sees which record, judged again by forty lines that know nothing of SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_library.models import Book, Loan, Reader
from sqlalchemy import select

from hanse.actions import Context, find_action, open_context
from hanse.actions.write import insert_columns
from hanse.directory.founding import found_company
from hanse.directory.models import PermissionScope, User
from hanse.security.clauses import readable, visible_clause, writable
from hanse.security.permissions import Grants
from hanse.testing.people import department, switch_on

PEOPLE, DEPARTMENTS = range(3), range(4)
#: a tree: 1 and 2 are parts of 0; 3 is a part of 1
PARENTS = {0: None, 1: 0, 2: 0, 3: 1}


@dataclass(frozen=True)
class Somebody:
    """Who looks, for the independent judgement."""

    person: int
    company: int
    member_of: frozenset[int]
    scopes: frozenset[str]
    companies: frozenset[int]


@dataclass(frozen=True)
class Lent:
    """A loan, for the independent judgement."""

    company: int
    clerk: int | None
    keeper: int | None


def is_seen(who: Somebody, loan: Lent) -> bool:
    """Judge whether somebody sees a loan."""
    if "companies" in who.scopes and loan.company in who.companies:
        return True
    if loan.company != who.company:
        return False
    if "company" in who.scopes:
        return True
    if ("own" in who.scopes or "department" in who.scopes) and loan.clerk == who.person:
        return True
    if "department" not in who.scopes:
        return False
    place = loan.keeper
    while place is not None:
        if place in who.member_of:
            return True
        place = PARENTS[place]
    return False


@pytest.fixture
def town(library):
    """Two companies, three people, a tree of departments, and a loan of every kind."""
    here = library.ctx
    users = [add_user(here, f"p{n}") for n in PEOPLE]
    there = found_company(here.session, here.user, {"name": "There"}, addons=["sample_library"])
    loans: dict[int, Lent] = {}
    places: dict[int, int] = {}
    reader = library.reader().id
    for company, ctx in enumerate((here, there)):
        ids: dict[int, int] = {}
        ctx.bind()
        for number in DEPARTMENTS:
            ids[number] = department(
                ctx, f"D{number}", ids.get(PARENTS[number]) if PARENTS[number] is not None else None
            )
        if company == 0:
            places = ids
        fill(ctx, company, ids, users, reader, loans)
    return here, there, users, places, loans


def add_user(ctx: Context, login: str) -> int:
    insert_columns(ctx.session, User.__table__, {"login": [login], "name": [login]})
    return ctx.session.scalars(select(User.id).where(User.login == login)).one()


def fill(
    ctx: Context, company: int, ids: dict[int, int], users: list[int], reader: int, loans: dict[int, Lent]
) -> None:
    def create(name: str, *rows: dict[str, Any]) -> list[int]:
        return list(ctx.run(find_action(f"library.{name}.create"), values=list(rows)).done)

    shelves = create("shelf", *({"name": f"S{n}", "keeper": ids[n]} for n in DEPARTMENTS))
    books = create("book", {"title": "loose"}, *({"title": f"B{n}", "shelf": shelf} for n, shelf in enumerate(shelves)))
    for clerk in (None, *PEOPLE):
        for keeper, book in zip((None, *DEPARTMENTS), books, strict=True):
            values = {"book": book, "reader": reader, "clerk": users[clerk] if clerk is not None else None}
            loans[create("loan", values)[0]] = Lent(company, clerk, keeper)


def context_of(here: Context, there: Context, who: Somebody, users: list[int], places: dict[int, int]) -> Context:
    """Open the Context that the database would give, without writing the roles first."""
    home = here if who.company == 0 else there
    companies = tuple(sorted((here, there)[n].company.id for n in {who.company, *who.companies}))
    below = {n for n in DEPARTMENTS if any(up in who.member_of for up in chain(n))} if who.company == 0 else set()
    grants = Grants({"library.loan.read": frozenset(PermissionScope(scope) for scope in who.scopes)})
    user = home.user.__class__(users[who.person], f"p{who.person}", "P")
    departments = tuple(places[n] for n in sorted(below))
    return Context(home.session, user, home.company, companies, departments, home.enabled, home.enabled, grants, "test")


def chain(place: int | None) -> list[int]:
    found: list[int] = []
    while place is not None:
        found.append(place)
        place = PARENTS[place]
    return found


somebody = st.builds(
    Somebody,
    person=st.sampled_from(PEOPLE),
    company=st.just(0),
    member_of=st.frozensets(st.sampled_from(DEPARTMENTS), max_size=2),
    scopes=st.frozensets(st.sampled_from([scope.value for scope in PermissionScope])),
    companies=st.sampled_from([frozenset({0}), frozenset({0, 1})]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(who=somebody)
def test_everybody_sees_exactly_what_the_scopes_say(town, who):
    here, there, users, places, loans = town
    ctx = context_of(here, there, who, users, places)
    assert set(ctx.visible(Loan).ids) == {record for record, loan in loans.items() if is_seen(who, loan)}


def test_departments_reach_down_the_tree_but_not_up(town, as_user):
    here, _there, _users, places, _loans = town
    one = as_user(("library.loan.read", "department"), departments=["D1"])
    assert one.departments == (places[1], places[3])
    root = as_user(("library.loan.read", "department"), departments=["D0"])
    assert set(root.departments) == set(places.values())
    assert here.departments == ()


def test_without_any_scope_nothing_is_seen(library, as_user):
    library.book()
    assert as_user("library.shelf.read").visible(Book).ids == []


@pytest.mark.parametrize("pattern", ["library.book.read", "library.book.*", "library.*", "*.read", "*"])
def test_a_permission_may_be_held_by_a_pattern(library, as_user, pattern):
    book = library.book()
    assert as_user(pattern).visible(Book).ids == [book.id]


@pytest.mark.parametrize("pattern", ["library.boo*", "library.loan.*", "*.update", "library", "book.read"])
def test_other_patterns_do_not_reach_it(library, as_user, pattern):
    library.book()
    assert as_user(pattern).visible(Book).ids == []


def test_shared_records_are_seen_with_any_company_scope(library, as_user):
    ann = library.reader()
    assert as_user("library.reader.read").visible(Reader).ids == [ann.id]
    assert as_user(("library.reader.read", "own")).visible(Reader).ids == [], "a reader is nobody's own"


def test_records_of_an_addon_the_person_does_not_see_are_not_there(library, as_user, verb):
    library.book()
    sales = department(library.ctx, "Sales")
    library.ctx.run(verb("core.department.show_addons"), [sales], addons=["sample_library"])
    assert as_user("*", departments=["Office"]).visible(Book).ids == []
    assert len(as_user("*", departments=["Sales"]).visible(Book)) == 1
    assert len(as_user("*", departments=["Office"]).all(Book)) == 1, "rules of the business still see it"


def test_a_part_of_the_department_sees_its_addons_too(library, as_user, verb):
    library.book()
    sales = department(library.ctx, "Sales")
    department(library.ctx, "Export", sales)
    library.ctx.run(verb("core.department.show_addons"), [sales], addons=["sample_library"])
    assert len(as_user("*", departments=["Export"]).visible(Book)) == 1


def test_who_has_no_role_in_a_company_cannot_enter_it(library, as_user):
    clerk = as_user("library.book.read")
    there = found_company(library.ctx.session, library.ctx.user, {"name": "There"}, addons=[])
    with pytest.raises(Exception, match="You have no role in this company"):
        open_context(library.ctx.session, clerk.user, there.company.id, via="test")


def test_field_rights_come_from_the_field(library, as_user):
    fields = Loan.__fields__
    plain, trusted = as_user("library.loan.read"), as_user("library.loan.*")
    assert [readable(plain, fields[name]) for name in ("due", "secret", "fee", "state")] == [True, False, True, True]
    assert [readable(trusted, fields[name]) for name in ("due", "secret", "fee", "state")] == [True] * 4
    assert [writable(plain, fields[name]) for name in ("due", "secret", "fee", "state")] == [True, False, False, False]
    assert [writable(trusted, fields[name]) for name in ("due", "secret", "fee", "state")] == [True, True, True, False]


def test_fields_of_an_addon_that_is_off_are_neither_seen_nor_written(library, as_user):
    stars = Book.__fields__["stars"]
    assert readable(as_user("*"), stars)
    switch_on(library.ctx, ["sample_library"])
    off = as_user("*")
    assert not readable(off, stars)
    assert not writable(off, stars)


def test_a_clause_can_be_asked_for_another_permission(library, as_user):
    own = library.loan(clerk=library.ctx.user.id)
    clerk = as_user("library.loan.read", ("library.loan.lend", "own"))
    query = select(Loan.id).where(visible_clause(clerk, Loan, "library.loan.lend"))
    assert clerk.session.scalars(query).all() == []
    assert clerk.visible(Loan).ids == [own.id]


def test_nobody_reads_the_hash_of_a_password(ctx: Context) -> None:
    assert not readable(ctx, User.__fields__["password"]), (
        "the administrator holds every permission, and still not this"
    )
