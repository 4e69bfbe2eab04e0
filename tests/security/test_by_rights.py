"""What is remembered under somebody's rights: the same for their next request, another when any of them changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_library.models import Book, Loan

from hanse.remembered import Remembered
from hanse.security.by_rights import by_rights
from hanse.security.clauses import visible_clause
from hanse.security.permissions import Grants, held_in


def test_the_least_recently_used_is_thrown_out():
    made: list[str] = []
    known = Remembered[str](2)

    def ask(key: str) -> str:
        return known.get(key, lambda: made.append(key) or key.upper())

    assert [ask("a"), ask("b"), ask("a"), ask("c"), ask("a"), ask("b")] == ["A", "B", "A", "C", "A", "B"]
    assert made == ["a", "b", "c", "b"]


def test_none_is_remembered_too():
    asked: list[int] = []
    known = Remembered[None](2)
    for _time in range(3):
        known.get("nothing", lambda: asked.append(1))
    assert asked == [1]


def test_equal_roles_are_one_object_and_others_another():
    rights = '[["library.book.read", "company", null], ["library.loan.read", "own", 7]]'
    here, named = held_in(1, rights)
    assert here is held_in(1, rights)[0]
    assert named == frozenset({7})
    elsewhere, _named = held_in(7, rights)
    assert not here.allows("library.loan.read")
    assert elsewhere.allows("library.loan.read")
    assert held_in(2, '[["library.loan.read", "own", 7]]') == (None, frozenset({7}))
    assert here.within(("*.read",)) is here.within(("*.read",))
    assert not here.within(("library.loan.*",)).allows("library.book.read")


@pytest.mark.parametrize("what", ["grants", "seen", "user", "company", "companies", "departments"])
def test_whatever_of_the_rights_changes_is_asked_anew(library, what):
    asked: list[object] = []

    @by_rights
    def ask(ctx, name):
        asked.append((ctx, name))
        return (name, len(asked))

    ctx = library.ctx
    other = {
        "grants": lambda: Grants({"*": frozenset()}),
        "seen": lambda: ctx.seen - {"sample_library"},
        "user": lambda: replace(ctx.user, id=ctx.user.id + 1),
        "company": lambda: replace(ctx.company, id=ctx.company.id + 1),
        "companies": lambda: (*ctx.companies, 99),
        "departments": lambda: (*ctx.departments, 99),
    }[what]()
    changed = replace(ctx, **{what: other})
    assert ask(ctx, "x") == ask(replace(ctx), "x") == ("x", 1)
    assert ask(changed, "x") == ("x", 2)
    assert ask(ctx, "y") == ("y", 3)


def test_a_role_that_is_taken_away_is_gone_with_the_next_request(library):
    ctx = library.ctx
    assert visible_clause(ctx, Book) is visible_clause(replace(ctx), Book)
    fewer = replace(ctx, grants=Grants({"library.book.read": ctx.grants.scopes("library.book.read")}))
    assert fewer.visible(Loan).ids == []
    assert str(visible_clause(fewer, Loan)) != str(visible_clause(ctx, Loan))
