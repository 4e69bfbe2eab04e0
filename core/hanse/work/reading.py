"""What pages show of work on records: the activities of a record and of a person, followers, favourites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from hanse.security.permissions import model_name
from hanse.work.models import ActivityState, Level

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.models import Model

_COLUMNS = """
    a.id, a.subject, a.due, a.state, a.details, a.outcome, a.model, a.record, a.closed_at,
    k.name AS kind, k.icon, a.owner_id, o.name AS owner, p.name AS planner, c.name AS closer
    FROM core_activity a
    JOIN core_activity_kind k ON k.id = a.kind_id
    JOIN core_user o ON o.id = a.owner_id
    JOIN core_user p ON p.id = a.planner_id
    LEFT JOIN core_user c ON c.id = a.closer_id
"""
_OF_RECORD = text(
    f"SELECT {_COLUMNS} WHERE a.company_id = :company AND a.model = :model AND a.record = :record "
    "ORDER BY a.state <> 'planned', CASE WHEN a.state = 'planned' THEN a.due END, a.closed_at DESC, a.id LIMIT 60"
)
_OF_PERSON = text(
    f"SELECT {_COLUMNS} WHERE a.company_id = :company AND a.owner_id = :user AND a.state = 'planned' "
    "ORDER BY a.due, a.id LIMIT :most"
)
# One row at least, for who has starred what nobody follows.
_BESIDE = text("""
    SELECT f.id, f.user_id, f.level, u.name,
           (SELECT v.id FROM core_favourite v WHERE v.company_id = :company AND v.user_id = :user
            AND v.model = :model AND v.record = :record),
           (SELECT jsonb_agg(jsonb_build_array(k.id, k.name) ORDER BY k.position, k.id)
            FROM core_activity_kind k WHERE k.active)
    FROM (SELECT 1) one
    LEFT JOIN core_follower f ON f.company_id = :company AND f.model = :model AND f.record = :record
    LEFT JOIN core_user u ON u.id = f.user_id
    ORDER BY f.id
""")
_STARRED = text(
    "SELECT id FROM core_favourite "
    "WHERE company_id = :company AND user_id = :user AND model = :model AND record IS NULL"
)
_FAVOURITES = text("""
    SELECT model, record FROM core_favourite WHERE company_id = :company AND user_id = :user
    ORDER BY record IS NOT NULL, id LIMIT :most
""")
_HELD = text("""
    SELECT h.action, h.model, h.records, h.at, u.name, h.requester_id = :user AS mine FROM core_held_action h
    JOIN core_user u ON u.id = h.requester_id
    WHERE h.company_id = :company AND h.state = 'waiting' AND (h.requester_id = :user OR :every)
    ORDER BY h.id DESC LIMIT :most
""")


@dataclass(frozen=True)
class ActivityRow:
    """An activity as pages show it."""

    id: int
    subject: str
    due: date
    state: ActivityState
    details: str | None
    outcome: str | None
    model: str | None
    record: int | None
    closed_at: datetime | None
    kind: str
    icon: str
    owner_id: int
    owner: str
    planner: str
    closer: str | None

    def when(self, today: date) -> str:
        """Say how it stands: ``overdue``, ``today`` or ``planned``."""
        if self.due < today:
            return "overdue"
        return "today" if self.due == today else "planned"


@dataclass(frozen=True)
class Following:
    """Who follows a record, and whether the reader has starred it.

    :ivar own: id of the reader's row, with their level
    :ivar others: names with their levels
    """

    own: int | None
    level: Level | None
    others: Sequence[tuple[str, Level]]
    star: int | None
    kinds: Sequence[tuple[int, str]]


def _row(row: Any) -> ActivityRow:
    values = list(row)
    values[3] = ActivityState(values[3])
    return ActivityRow(*values)


def place_of(ctx: Context, record: Model) -> int:
    """Give the company whose people say something about a record: its own, or for a shared one that of the reader."""
    return ctx.company.id if type(record).__shared__ else record.company_id


def activities_of(ctx: Context, record: Model) -> list[ActivityRow]:
    """Give the activities of a record: what is planned by its day, then what was closed last."""
    asked = {"company": place_of(ctx, record), "model": model_name(type(record)), "record": record.id}
    return [_row(row) for row in ctx.session.connection().execute(_OF_RECORD, asked)]


def own_activities(ctx: Context, *, most: int) -> list[ActivityRow]:
    """Give what the person is to do, by its day; whether they see its record is for the caller to ask."""
    asked = {"company": ctx.company.id, "user": ctx.user.id, "most": most}
    return [_row(row) for row in ctx.session.connection().execute(_OF_PERSON, asked)]


def following_of(ctx: Context, record: Model) -> Following:
    """Give who follows a record, whether it is starred, and which kinds of activities there are; in one statement."""
    asked = {
        "company": place_of(ctx, record),
        "user": ctx.user.id,
        "model": model_name(type(record)),
        "record": record.id,
    }
    rows = ctx.session.connection().execute(_BESIDE, asked).all()
    there = [row for row in rows if row[0] is not None]
    own = next((row for row in there if row[1] == ctx.user.id), None)
    return Following(
        own[0] if own is not None else None,
        Level(own[2]) if own is not None else None,
        [(row[3], Level(row[2])) for row in there],
        rows[0][4],
        [(kind, name) for kind, name in rows[0][5] or ()],
    )


def starred_list(ctx: Context, model: str) -> int | None:
    """Give the id of the favourite that a list is, if it is one."""
    asked = {"company": ctx.company.id, "user": ctx.user.id, "model": model}
    found: int | None = ctx.session.connection().execute(_STARRED, asked).scalar()
    return found


def favourites_of(ctx: Context, *, most: int) -> list[tuple[str, int | None]]:
    """Give the lists and records that somebody has starred, as model and id."""
    asked = {"company": ctx.company.id, "user": ctx.user.id, "most": most}
    return [(row[0], row[1]) for row in ctx.session.connection().execute(_FAVOURITES, asked)]


def held_for(ctx: Context, *, most: int) -> list[Mapping[str, Any]]:
    """Give actions that wait: those the person has asked for, and all to who may see what is held."""
    asked = {
        "company": ctx.company.id,
        "user": ctx.user.id,
        "every": ctx.may("core.held_action.read"),
        "most": most,
    }
    return [dict(row) for row in ctx.session.connection().execute(_HELD, asked).mappings()]
