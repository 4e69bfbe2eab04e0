"""What a plan means for people, running work and records of the company; read, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal, select, text, union_all

from hanse.directory.models import Membership
from hanse.enabling.contents import Contents, contents_of, questions_of
from hanse.enabling.planning import Plan
from hanse.enabling.switches import in_order
from hanse.models import Model, link_id
from hanse.security.audience import contexts_of
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.directory.questions import Question

_PEOPLE = text("""
    SELECT DISTINCT u.id FROM core_user u
    JOIN core_user_role r ON r.user_id = u.id AND (r.company_id IS NULL OR r.company_id = :company)
    WHERE u.active AND NOT u.service ORDER BY u.id
""")
_AT_WORK = text("""
    SELECT
        (SELECT count(*) FROM core_job WHERE company_id = :company AND state IN ('pending', 'sent', 'waiting')
            AND task = ANY(:tasks)) AS jobs,
        (SELECT count(DISTINCT w.id) FROM core_webhook w
            JOIN core_webhook_event e ON e.company_id = w.company_id AND e.webhook_id = w.id
            WHERE w.company_id = :company AND w.active AND e.event = ANY(:events)) AS webhooks,
        (SELECT count(*) FROM core_held_action WHERE company_id = :company AND state = 'waiting'
            AND (model = ANY(:models) OR action = ANY(:actions))) AS held,
        (SELECT count(*) FROM core_import WHERE company_id = :company AND model = ANY(:models)
            AND state NOT IN ('done', 'undone')) AS imports,
        (SELECT count(*) FROM core_activity WHERE company_id = :company AND state = 'planned'
            AND model = ANY(:models)) AS activities,
        (SELECT count(*) FROM core_follower WHERE company_id = :company AND model = ANY(:models)) AS followers
""")


@dataclass(frozen=True)
class Sight:
    """For whom an addon appears or disappears.

    :ivar people: how many
    :ivar entitled: how many of them hold any right in it
    :ivar departments: names of those they work in
    :ivar nowhere: how many of them are in no department
    """

    addon: str
    people: int
    entitled: int
    departments: Sequence[str]
    nowhere: int


@dataclass(frozen=True)
class Paused:
    """What of the addons that stop waits until they are on again, by number."""

    jobs: int = 0
    webhooks: int = 0
    held: int = 0
    imports: int = 0
    activities: int = 0
    followers: int = 0
    schedules: Sequence[str] = ()


@dataclass(frozen=True)
class Effects:
    """All that a plan means.

    :ivar kept: model and number of the records that stay stored while the addon is off
    :ivar shared: models whose records belong to all companies, and stay in any case
    :ivar questions: what is asked before addons are set up for the first time
    """

    gained: Sequence[Sight] = ()
    lost: Sequence[Sight] = ()
    paused: Paused = field(default_factory=Paused)
    kept: Sequence[tuple[type[Model], int]] = ()
    shared: Sequence[type[Model]] = ()
    questions: Sequence[Question] = ()


def effects_of(ctx: Context, plan: Plan) -> Effects:
    """Work out what a plan means, in some eight statements, whatever the number of people and addons."""
    if plan.is_empty:
        return Effects()
    gained, lost = _sights(ctx, plan)
    stopping = [contents_of(name) for name in plan.stopping]
    own = [model for one in stopping for model in one.models]
    return Effects(
        gained,
        lost,
        _paused(ctx, stopping),
        records_of(ctx, [model for model in own if not model.__shared__]),
        [model for model in own if model.__shared__],
        questions_of(ctx, plan.first),
    )


def _sights(ctx: Context, plan: Plan) -> tuple[list[Sight], list[Sight]]:
    """Say of each addon who will see it that did not, and the other way round."""
    people = contexts_of(ctx, ctx.session.scalars(_PEOPLE, {"company": ctx.company.id}).all())
    homes = _departments(ctx)
    gains: dict[str, list[int]] = {}
    losses: dict[str, list[int]] = {}
    for user, person in people.items():
        was, will = plan.before.seen(person.departments), plan.after.seen(person.departments)
        for addon in will - was:
            gains.setdefault(addon, []).append(user)
        for addon in was - will:
            losses.setdefault(addon, []).append(user)
    names = {place.id: place.name for place in plan.before.places}

    def sight(addon: str, users: Iterable[int]) -> Sight:
        found = list(users)
        rights = contents_of(addon).rights
        places = {place for user in found for place in homes.get(user, ()) if place in names}
        return Sight(
            addon,
            len(found),
            sum(any(people[user].grants.allows(one) for one in rights) for user in found),
            [place.name for place in plan.before.places if place.id in places],
            sum(not homes.get(user) for user in found),
        )

    return (
        [sight(addon, gains[addon]) for addon in in_order(gains)],
        [sight(addon, losses[addon]) for addon in in_order(losses)],
    )


def _departments(ctx: Context) -> Mapping[int, Sequence[int]]:
    query = select(link_id(Membership.user), link_id(Membership.department)).where(
        Membership.company_id == ctx.company.id
    )
    found: dict[int, list[int]] = {}
    for user, department in ctx.session.execute(query):
        found.setdefault(user, []).append(department)
    return found


def _paused(ctx: Context, stopping: Sequence[Contents]) -> Paused:
    if not stopping:
        return Paused()
    asked = {
        "company": ctx.company.id,
        "tasks": [task.name for one in stopping for task in one.tasks],
        "events": [event for one in stopping for event in one.events],
        "models": [name for one in stopping for name in one.names],
        "actions": [action.name for one in stopping for action in one.actions],
    }
    jobs, webhooks, held, imports, activities, followers = ctx.session.execute(_AT_WORK, asked).one()
    schedules = [str(task.label) for one in stopping for task in one.schedules]
    return Paused(jobs, webhooks, held, imports, activities, followers, schedules)


def records_of(ctx: Context, models: Sequence[type[Model]]) -> list[tuple[type[Model], int]]:
    """Count the records of models in the company of ``ctx``, in one statement; shared ones are counted as a whole."""
    if not models:
        return []
    parts: list[Any] = []
    for model in models:
        table = model.__table__
        query = select(literal(model_name(model)), func.count()).select_from(table)
        parts.append(query if model.__shared__ else query.where(table.c.company_id == ctx.company.id))
    rows: Any = ctx.session.execute(union_all(*parts))
    found: dict[str, int] = {name: count for name, count in rows}
    return [(model, found[model_name(model)]) for model in models]


__all__ = ["Effects", "Paused", "Sight", "effects_of", "records_of"]
