"""Switch addons on and off, and show them to departments: all by a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from hanse.actions import Context, Records, action
from hanse.addons import installed
from hanse.directory.founding import bring_roles
from hanse.directory.models import Company, CompanyAddon, Department, DepartmentAddon
from hanse.directory.questions import Question
from hanse.enabling.contents import questions_of
from hanse.enabling.planning import Plan, make_plan
from hanse.enabling.switches import Wish, known_addon, read_switches
from hanse.errors import BusinessError, Stale
from hanse.i18n import _
from hanse.models import link_id
from hanse.security.permissions import EVERYTHING

SWITCH = "core.company.switch_addons"


@action(Company, label=_("Switch addons"), permission=SWITCH, hidden=True)
def switch_addons(
    ctx: Context,
    companies: Records[Company],
    *,
    wish: dict[str, Any],
    basis: str | None = None,
    answers: dict[str, Any] | None = None,
) -> None:
    """Do what the plan of a wish says, in the company of ``ctx``.

    :param wish: ``{"on": [names], "off": [names], "shown": {department: [names]}, "others": bool}``
    :param basis: what the plan that somebody agreed to was made of
    :param answers: to what the addons ask that are set up for the first time; those left out are answered as suggested
    :raises Stale: somebody has changed switches or departments since that plan was made
    :raises BusinessError: an addon that stays on needs one that shall be switched off
    """
    _only_own(ctx, companies)
    plan = make_plan(read_switches(ctx), Wish.read(wish))
    if basis is not None and basis != plan.basis:
        message = _("Somebody has changed addons or departments meanwhile. This is the plan as it is now.")
        raise Stale(message, theirs={}, record=ctx.company.id)
    apply_plan(ctx, plan, answers)


@action(Company, label=_("Switch an addon on"), permission=SWITCH, hidden=True)
def enable_addon(ctx: Context, companies: Records[Company], *, addon: str) -> None:
    """Switch an addon on for the company of ``ctx``; what it needs must be on.

    :raises BusinessError: it is not installed, or needs something that is off
    """
    _only_own(ctx, companies)
    plan = make_plan(read_switches(ctx), Wish(on=frozenset({known_addon(addon)})))
    if plan.along:
        raise BusinessError(
            _(
                "%(addon)s needs %(needs)s; switch that on first.",
                addon=installed().addons[addon].title,
                needs=_titles(plan.along),
            )
        )
    apply_plan(ctx, plan)


@action(Company, label=_("Switch an addon off"), permission=SWITCH, hidden=True)
def disable_addon(ctx: Context, companies: Records[Company], *, addon: str) -> None:
    """Switch an addon off for the company of ``ctx``; its data stays.

    :raises BusinessError: another one that is on needs it
    """
    _only_own(ctx, companies)
    apply_plan(ctx, make_plan(read_switches(ctx), Wish(off=frozenset({known_addon(addon)}))))


@action(Department, label=_("Choose addons"), permission=SWITCH, hidden=True)
def show_addons(ctx: Context, departments: Records[Department], *, addons: list[str]) -> None:
    """Say which addons departments see; an addon that no department has is seen by everybody."""
    wish = Wish.read({"shown": dict.fromkeys(departments.ids, addons)})
    apply_plan(ctx, make_plan(read_switches(ctx), wish))


def _only_own(ctx: Context, companies: Records[Company]) -> None:
    if companies.ids != [ctx.company.id]:
        raise BusinessError(_("Switch to the company first; addons are switched in the company one works in."))


def _titles(names: tuple[str, ...]) -> str:
    return ", ".join(str(installed().addons[name].title) for name in names)


# --- the deed ---------------------------------------------------------------------------------------------------------


def apply_plan(ctx: Context, plan: Plan, answers: Mapping[str, Any] | None = None) -> None:
    """Switch as a plan says, and let each addon hear of it; inside a run.

    :raises BusinessError: something stands against it, or a question has no answer
    """
    if plan.against:
        users = tuple(dict.fromkeys(user for found in plan.against.values() for user in found))
        raise BusinessError(_("%(addons)s needs it; switch that off first.", addons=_titles(users)))
    for name in reversed(plan.stopping):
        installed().call_one("lifecycle", name, ctx=ctx, event="disabled")
    _write_rows(ctx, plan)
    _write_departments(ctx, plan)
    before = ctx.enabled, ctx.seen
    try:
        ctx.enabled, ctx.seen = plan.after.on, plan.after.seen(ctx.departments)
        _start(replace(ctx, seen=ctx.enabled, companies=(ctx.company.id,), grants=EVERYTHING), plan, answers or {})
    except BaseException:  # the run is taken back, and who catches its error goes on with this Context
        ctx.enabled, ctx.seen = before
        raise
    finally:
        ctx.bind()


def _write_rows(ctx: Context, plan: Plan) -> None:
    """Keep what is on now, and what has been set up; a bridge has a row once it was."""
    ready = plan.before.ready | set(plan.first)
    wanted = {name: plan.after.rows.get(name, True) for name in (*plan.stopping, *plan.starting)}
    wanted |= {name: on for name, on in plan.after.rows.items() if plan.before.rows.get(name) != on}
    there = ctx.session.execute(
        select(CompanyAddon.addon, CompanyAddon.id).where(CompanyAddon.company_id == ctx.company.id)
    )
    ids = {addon: row for addon, row in there}
    fresh = [{"addon": name, "enabled": on, "ready": name in ready} for name, on in wanted.items() if name not in ids]
    if fresh:
        ctx.insert(CompanyAddon, fresh)
    for name, on in wanted.items():
        if name in ids:
            ctx.update([ids[name]], CompanyAddon, {"enabled": on, "ready": name in ready})


def _write_departments(ctx: Context, plan: Plan) -> None:
    if not plan.told:
        return
    query = select(DepartmentAddon.addon, link_id(DepartmentAddon.department), DepartmentAddon.id).where(
        DepartmentAddon.company_id == ctx.company.id
    )
    rows = {(addon, place): row for addon, place, row in ctx.session.execute(query)}
    gone = [rows[name, place] for place, (_more, less) in plan.told.items() for name in less]
    if gone:
        ctx.delete(Records(ctx.session, DepartmentAddon, ids=gone))
    fresh = [{"department": place, "addon": name} for place, (more, _less) in plan.told.items() for name in more]
    if fresh:
        ctx.insert(DepartmentAddon, fresh)


def _start(ctx: Context, plan: Plan, given: Mapping[str, Any]) -> None:
    """Set up what is on for the first time, then tell all that starts.

    :param ctx: one that may do everything in the company, as when a company is founded
    """
    ctx.bind()
    answers = read_answers(questions_of(ctx, plan.first), given)
    for name in plan.first:
        bring_roles(ctx.session, [name])
        installed().call_one("company_created", name, ctx=ctx, answers=answers)
    for name in plan.starting:
        installed().call_one("lifecycle", name, ctx=ctx, event="enabled")


def read_answers(questions: list[Question], given: Mapping[str, Any]) -> dict[str, Any]:
    """Read what was answered; where nothing was, the suggestion stands.

    :raises BusinessError: an answer does not fit or is missing, or nobody asked for it
    """
    unknown = set(given) - {one.name for one in questions}
    if unknown:
        raise BusinessError(_("Nobody asks for “%(name)s”.", name=min(unknown)), field=min(unknown))
    answers: dict[str, Any] = {}
    for one in questions:
        typed = given.get(one.name, one.default)
        try:
            answers[one.name] = one.read(str(typed))
        except ValueError:
            raise BusinessError(
                _("%(field)s: “%(value)s” does not fit.", field=one.label, value=str(typed)[:80]), field=one.name
            ) from None
        if one.required and answers[one.name] is None:
            raise BusinessError(_("%(field)s is missing.", field=one.label), field=one.name)
    return answers


__all__ = ["SWITCH", "apply_plan", "read_answers", "switch_addons"]
