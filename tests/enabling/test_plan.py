"""What the plan of a switch may be relied on for: it says what will change, and that is what changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_library.models import Loan
from sqlalchemy import select

from hanse.actions import Context, open_context
from hanse.actions.context import identify
from hanse.addons import installed
from hanse.directory.founding import add_role, bring_roles
from hanse.directory.models import CompanyAddon, Role, RolePermission
from hanse.enabling.actions import switch_addons
from hanse.enabling.effects import effects_of
from hanse.enabling.planning import make_plan
from hanse.enabling.switches import Switches, Wish, hiding, read_switches, showing
from hanse.enabling.wording import describe
from hanse.errors import BusinessError, Forbidden, NotFound, Stale
from hanse.models import link_id
from hanse.testing.people import department, switch_on

LIBRARY, REVIEWS, FINES, BRIDGE = (f"sample_{name}" for name in ("library", "reviews", "fines", "bridge"))


def again(ctx: Context) -> Context:
    """Open a Context anew, as the next request does."""
    user = identify(ctx.session, ctx.user.login)
    assert user is not None
    return open_context(ctx.session, user, ctx.company.id, via="test")


def switch(ctx: Context, **wish: Any) -> Context:
    ctx.run(switch_addons, [ctx.company.id], wish=wish)
    return again(ctx)


def told(ctx: Context, wish: Wish) -> str:
    plan = make_plan(read_switches(ctx), wish)
    return "\n".join(f"{part.title}: {line}" for part in describe(plan, effects_of(ctx, plan)) for line in part.lines)


def test_what_an_addon_needs_is_switched_on_with_it(ctx):
    switch_on(ctx, [])
    ctx = again(ctx)
    plan = make_plan(read_switches(ctx), Wish(on=frozenset({REVIEWS})))

    assert (plan.on, plan.along) == ((REVIEWS,), (LIBRARY,))
    assert {REVIEWS, LIBRARY} <= switch(ctx, on=[REVIEWS]).enabled


def test_what_others_need_is_not_switched_off_unless_they_are_too(library):
    ctx = library.ctx
    with pytest.raises(BusinessError, match=r"Fines, Reviews needs it; switch that off first"):
        ctx.run(switch_addons, [ctx.company.id], wish={"off": [LIBRARY]})

    assert "Library stays on: Fines, Reviews needs it." in told(ctx, Wish(off=frozenset({LIBRARY})))
    after = switch(ctx, off=[LIBRARY], others=True)
    assert not {LIBRARY, REVIEWS, FINES, BRIDGE} & after.enabled


def test_a_bridge_becomes_active_with_what_it_joins_and_rests_with_it(library):
    ctx = switch(library.ctx, off=[REVIEWS])
    assert BRIDGE not in ctx.enabled
    words = told(ctx, Wish(on=frozenset({REVIEWS})))

    assert "Reviews and fines becomes active by itself, as all that it joins is on: Fines, Reviews" in words
    assert BRIDGE in switch(ctx, on=[REVIEWS]).enabled
    assert make_plan(read_switches(ctx), Wish(off=frozenset({BRIDGE}))).is_empty, "nobody switches a bridge"


def test_the_plan_tells_who_loses_it_what_rests_and_what_stays(library, as_user, verb):
    library.loan()
    library.loan()
    as_user("library.loan.read", departments=["Desk"])
    as_user("nothing", departments=["Attic"])
    words = told(library.ctx, Wish(off=frozenset({LIBRARY}), others=True))

    assert "2 × Loans stay stored and come back when it is switched on again" in words
    assert "Readers belong to all companies and stay as they are" in words
    # three: the administrator, and the two of whom one holds a right
    assert "Library: people 3, of whom 2 have rights in it; 2 departments (Attic, Desk), 1 in no department" in words


def test_switching_off_and_on_brings_every_record_back(library):
    library.loan()
    off = switch(library.ctx, off=[LIBRARY], others=True)
    assert off.visible(Loan).ids == []

    assert len(switch(off, on=[LIBRARY]).visible(Loan)) == 1


def test_a_plan_that_somebody_has_overtaken_is_refused(library):
    ctx = library.ctx
    basis = make_plan(read_switches(ctx), Wish(off=frozenset({REVIEWS}))).basis
    department(ctx, "New")

    with pytest.raises(Stale, match="Somebody has changed addons or departments meanwhile"):
        ctx.run(switch_addons, [ctx.company.id], wish={"off": [REVIEWS]}, basis=basis)
    assert REVIEWS in again(ctx).enabled


def test_a_department_gets_along_what_its_addon_needs_where_that_is_restricted(library):
    ctx = library.ctx
    desk, attic = department(ctx, "Desk"), department(ctx, "Attic")
    switch(ctx, shown={str(desk): [LIBRARY]})
    plan = make_plan(read_switches(ctx), Wish(shown={attic: frozenset({REVIEWS})}))

    assert plan.told == {attic: ((LIBRARY, REVIEWS), ())}


def test_what_needs_an_addon_is_not_seen_without_it(library, as_user):
    """Reviews are shown to everybody, but hang on books that only the desk sees."""
    desk = department(library.ctx, "Desk")
    ctx = switch(library.ctx, shown={str(desk): [LIBRARY]})
    inside, outside = as_user("*", departments=["Desk"]), as_user("*", departments=["Attic"])

    assert {LIBRARY, REVIEWS, FINES, BRIDGE} <= inside.seen
    assert not {LIBRARY, REVIEWS, FINES, BRIDGE} & outside.seen
    assert {LIBRARY, REVIEWS} <= outside.enabled
    assert ctx.enabled == outside.enabled


def test_hiding_from_one_department_leaves_it_to_the_others(library):
    ctx = library.ctx
    sales = department(ctx, "Sales")
    export, desk = department(ctx, "Export", sales), department(ctx, "Desk")
    wish = hiding(read_switches(ctx), LIBRARY, [export])
    after = make_plan(read_switches(ctx), wish).after

    assert LIBRARY in after.seen([desk])
    assert LIBRARY not in after.seen([export])
    with pytest.raises(BusinessError, match="No department would be left"):
        hiding(after, LIBRARY, [desk])
    assert LIBRARY in make_plan(after, showing(after, LIBRARY, [export])).after.seen([export])


def test_only_who_may_switch_addons_does_so_and_only_in_the_company_they_work_in(library, as_user):
    clerk = as_user("library.*")
    with pytest.raises(Forbidden):
        clerk.run(switch_addons, [clerk.company.id], wish={"off": [REVIEWS]})
    owner = as_user("core.company.switch_addons")
    with pytest.raises((BusinessError, NotFound)):
        owner.run(switch_addons, [owner.company.id + 1], wish={"off": [REVIEWS]})
    with pytest.raises(NotFound, match="department"):
        owner.run(switch_addons, [owner.company.id], wish={"shown": {"999999": [LIBRARY]}})


@pytest.mark.parametrize(
    "wish",
    [
        [],
        {"gone": 1},
        {"on": ["nothing"]},
        {"on": ["hanse"]},
        {"off": [7]},
        {"shown": [LIBRARY]},
        {"shown": {"x": [LIBRARY]}},
    ],
)
def test_a_wish_that_is_none_is_refused(library, wish):
    with pytest.raises(BusinessError):
        library.ctx.run(switch_addons, [library.ctx.company.id], wish=wish)


# --- setting up -------------------------------------------------------------------------------------------------------


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which hooks of which addon are called."""
    calls: list[str] = []
    whole = installed().call_one

    def noting(name: str, addon: str, **arguments: Any) -> list[Any]:
        calls.append(f"{name} {addon} {arguments.get('event', '')}".strip())
        return whole(name, addon, **arguments)

    monkeypatch.setattr(installed(), "call_one", noting)
    return calls


def test_an_addon_is_set_up_the_first_time_and_told_of_every_time(ctx, heard):
    switch_on(ctx, [])
    ctx = switch(again(ctx), on=[LIBRARY])
    first = [call for call in heard if LIBRARY in call]
    heard.clear()
    ctx = switch(ctx, off=[LIBRARY])
    ctx = switch(ctx, on=[LIBRARY])

    assert first == [
        f"roles {LIBRARY}",
        f"role_additions {LIBRARY}",
        f"company_created {LIBRARY}",
        f"lifecycle {LIBRARY} enabled",
    ]
    assert heard == [f"lifecycle {LIBRARY} disabled", f"lifecycle {LIBRARY} enabled"]
    assert ctx.all(CompanyAddon, CompanyAddon.addon == LIBRARY)[CompanyAddon.ready] == [True]


@pytest.fixture
def librarian(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> tuple[str, dict[str, list[tuple[str, str]]]]:
    """A role of another addon, and what the library adds to it."""
    role, additions = "clerk", {"clerk": [("library.loan.read", "company")], "nobody": [("library.*", "company")]}
    add_role(ctx.session, role, "Clerk", [("contacts.*", "company")])
    whole = installed().call_one

    def adding(name: str, addon: str, **arguments: Any) -> list[Any]:
        return [additions] if (name, addon) == ("role_additions", LIBRARY) else whole(name, addon, **arguments)

    monkeypatch.setattr(installed(), "call_one", adding)
    return role, additions


def held(ctx: Context, role: str) -> list[str]:
    query = select(RolePermission.permission).join(Role, Role.id == link_id(RolePermission.role))
    return sorted(ctx.session.scalars(query.where(Role.key == role)))


def test_an_addon_widens_the_roles_of_others_as_long_as_they_hold_nothing_of_it(ctx, librarian):
    role, additions = librarian
    bring_roles(ctx.session, [LIBRARY])
    assert held(ctx, role) == ["contacts.*", "library.loan.read"]
    assert held(ctx, "nobody") == []

    additions[role] = [("library.*", "company")]
    bring_roles(ctx.session, [LIBRARY])
    assert held(ctx, role) == ["contacts.*", "library.loan.read"], "what an administrator chose stays"


def test_an_addon_adds_nothing_but_its_own_permissions(ctx, librarian):
    role, additions = librarian
    additions[role] = [("core.user.update", "company")]
    with pytest.raises(ValueError, match="'core.user.update' to the role 'clerk', which is not its own"):
        bring_roles(ctx.session, [LIBRARY])


def test_a_bridge_adds_permissions_of_what_it_joins_but_for_addons_of_which_the_role_holds_some(ctx, monkeypatch):
    more = [("reviews.review.read", "company"), ("fines.fine.read", "company"), ("bridge.x.read", "company")]
    add_role(ctx.session, "critic", "Critic", [("fines.rate.read", "company")])
    additions = {"critic": more}
    monkeypatch.setattr(installed(), "call_one", lambda name, _addon: [additions] if name == "role_additions" else [])
    bring_roles(ctx.session, ["sample_bridge"])
    assert held(ctx, "critic") == ["bridge.x.read", "fines.rate.read", "reviews.review.read"]
    additions["critic"] = [("finance.account.read", "company")]
    with pytest.raises(ValueError, match="bridge adds 'finance.account.read' to the role 'critic'"):
        bring_roles(ctx.session, ["sample_bridge"])


# --- the plan and the deed --------------------------------------------------------------------------------------------

NAMES = (LIBRARY, REVIEWS, FINES)
PLACES = (1, 2, 3)
PARENTS = {1: None, 2: 1, 3: None}
wishes = st.builds(
    Wish,
    st.frozensets(st.sampled_from(NAMES)),
    st.frozensets(st.sampled_from(NAMES)),
    st.dictionaries(st.sampled_from(PLACES), st.frozensets(st.sampled_from(NAMES))),
    st.booleans(),
)


@given(wishes=st.lists(wishes, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_plan_leaves_something_on_without_what_it_needs(databases, wishes):
    """Whatever is wished in a row: what is on has its needs on, and who sees something sees what it needs."""
    from hanse.enabling.switches import Place

    now = Switches({}, frozenset(), frozenset(), [Place(n, f"D{n}", above, 0) for n, above in PARENTS.items()])
    for wish in wishes:
        plan = make_plan(now, wish)
        if not plan.against:
            assert wish.on <= plan.after.on
            assert not wish.off & plan.after.on
        else:
            assert plan.after == plan.before
        now = plan.after
        for seen in (now.on, *(now.seen([place]) for place in PLACES)):
            for name in seen - {"hanse"}:
                assert set(installed().addons[name].enabling_needs) <= seen


def test_every_installed_addon_can_be_planned_off_and_on(library):
    """The description of each is drawn from the registry without a fault, in both languages."""
    from hanse.i18n import speaking

    for locale in ("en", "zh_CN"):
        with speaking(locale):
            for name in installed().addons:
                for wish in (Wish(on=frozenset({name})), Wish(off=frozenset({name}), others=True)):
                    told(library.ctx, wish)
