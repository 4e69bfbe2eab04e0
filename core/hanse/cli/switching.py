"""hanse addon enable and disable: the same plan as the page, told first, then done."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from hanse.errors import SetupError

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.enabling.switches import Switches, Wish


def add_commands(verbs: Any) -> None:
    """Add ``enable`` and ``disable`` to the group ``addon``."""
    for name, words in (
        ("enable", "switch an addon on in a company, with what it needs, or show it to departments"),
        ("disable", "switch an addon off in a company, or hide it from departments; nothing is deleted"),
    ):
        verb = verbs.add_parser(name, help=words, description=words)
        verb.add_argument("addon", help="name or key, such as hanse_finance or finance")
        verb.add_argument("--company", required=True)
        verb.add_argument("--department", action="append", default=[], help="only for this one (repeatable)")
        verb.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        verb.add_argument("--as", dest="login", default="admin", metavar="LOGIN", help="who does it; admin")
        verb.set_defaults(work=_work, enable=name == "enable")
        if name == "enable":
            verb.add_argument(
                "--answer", action="append", default=[], metavar="NAME=VALUE", help="to what it asks (repeatable)"
            )
        else:
            verb.add_argument("--others", action="store_true", help="also what needs it")


def _work(chosen: argparse.Namespace) -> int:
    from hanse.cli.session import context, open_database
    from hanse.enabling.actions import SWITCH, switch_addons
    from hanse.enabling.effects import effects_of
    from hanse.enabling.planning import make_plan
    from hanse.enabling.switches import read_switches
    from hanse.i18n import speaking

    with open_database() as database, database.session() as session, session.begin():
        ctx = context(session, chosen.company, login=chosen.login)
        ctx.require(SWITCH)
        now = read_switches(ctx)
        wish = _wish(ctx, now, chosen)
        plan = make_plan(now, wish)
        with speaking("en"):
            _tell(plan, effects_of(ctx, plan))
        if plan.against:
            return 1
        if not chosen.dry_run and not plan.is_empty:
            answers = _answers(getattr(chosen, "answer", []))
            ctx.run(switch_addons, [ctx.company.id], wish=wish.stored(), basis=plan.basis, answers=answers)
    return 0


def _wish(ctx: Context, now: Switches, chosen: argparse.Namespace) -> Wish:
    """Read what the command asks for.

    :raises SetupError: there is no such addon or department
    """
    from hanse.addons import installed
    from hanse.enabling.switches import Wish, hiding, showing

    found = installed().addons.get(chosen.addon) or installed().by_key(chosen.addon)
    if found is None:
        raise SetupError(f"there is no addon {chosen.addon!r}; hanse addon list names those that are installed")
    if found.bridge:
        raise SetupError(f"{found.name} is a bridge: it is on by itself wherever all that it joins is on")
    places = [_place(ctx, now, name) for name in chosen.department]
    if chosen.enable:
        return showing(now, found.name, places)
    if places:
        return hiding(now, found.name, places)
    return Wish(off=frozenset({found.name}), others=chosen.others)


def _place(ctx: Context, now: Switches, name: str) -> int:
    found = [place.id for place in now.places if place.name == name]
    if len(found) != 1:
        names = ", ".join(place.name for place in now.places) or "none"
        fault = "several departments are called" if found else "there is no department"
        raise SetupError(f"{fault} {name!r} in {ctx.company.name}. Departments: {names}.")
    return found[0]


def _answers(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if wrong := [name for name, equals, _value in pairs if not equals or not name]:
        raise SetupError(f"--answer takes NAME=VALUE, not {wrong[0]!r}")
    return {name: value for name, _equals, value in pairs}


def _tell(plan: Any, effects: Any) -> None:
    from hanse.enabling.wording import describe

    parts = describe(plan, effects)
    for part in parts:
        print(f"{part.title}:")
        for line in part.lines:
            print(f"  {line}")
    for one in effects.questions:
        print(f"Asked: --answer {one.name}=…  {one.label}; by default {one.default or 'nothing'}")
    if not parts:
        print("Nothing would change.")
