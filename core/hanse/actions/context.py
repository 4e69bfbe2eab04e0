"""Context: who acts, for which company, in which transaction.  Always the first argument, never global."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select, text
from sqlalchemy.orm import Session

from hanse.actions import write
from hanse.actions.records import Records
from hanse.addons import installed
from hanse.database.session import COMPANIES, COMPANY, once, tell_companies
from hanse.directory.models import (
    Company as CompanyRecord,
)
from hanse.directory.models import (
    Currency,
    Department,
    PermissionScope,
    User,
)
from hanse.errors import Forbidden
from hanse.i18n import KERNEL, Label, Text, _, current_locale
from hanse.models import Model, Settings, link_id
from hanse.models.build import ENABLED
from hanse.security.clauses import company_clause, visible_clause
from hanse.security.permissions import EVERYTHING, Grants, held_in, model_name

if TYPE_CHECKING:
    from hanse.actions.registry import Action
    from hanse.actions.run import Outcome, Run

T = TypeVar("T", bound=Model)
S = TypeVar("S", bound=Settings)
V = TypeVar("V")


@dataclass(frozen=True)
class Identity:
    """Who acts."""

    id: int
    login: str
    name: str
    locale: str | None = None
    service: bool = False


@dataclass(frozen=True)
class Company:
    """The company that is worked in, with what every page needs of it."""

    id: int
    name: str
    currency: str
    currency_id: int
    places: int
    time_zone: str
    locale: str = "zh_CN"
    logo: str | None = None

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which the company's days begin and end."""
        return ZoneInfo(self.time_zone)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Context:
    """What an action needs to know, and the only way for it to change data.

    :ivar companies: ids of the companies whose records may be read
    :ivar departments: ids of the person's departments and all below them
    :ivar enabled: addons that are on in the company: they decide behaviour
    :ivar seen: addons this person sees: they decide screens, and what may be started
    :ivar via: web, api, cli, import, job, rule …
    """

    session: Session
    user: Identity
    company: Company
    companies: tuple[int, ...]
    departments: tuple[int, ...]
    enabled: frozenset[str]
    seen: frozenset[str]
    grants: Grants
    via: str
    behalf: Identity | None = None
    clock: Callable[[], datetime] = _now
    running: Run | None = field(default=None, repr=False)
    #: events that some webhook of the company was told of when this Context was opened
    watched: frozenset[str] = frozenset()
    #: settings that were read, by model
    kept: dict[type[Model], Model] = field(default_factory=dict[type[Model], Model], repr=False)

    @property
    def rights(self) -> Hashable:
        """What decides about all that this person sees here and may start; the same for their next request."""
        where = (self.company.id, self.companies, self.departments)
        return (self.grants, self.seen, self.user.id, *where)

    @property
    def now(self) -> datetime:
        """This moment, with its zone."""
        return self.clock()

    @property
    def today(self) -> date:
        """The day it is in the company's time zone."""
        return self.clock().astimezone(self.company.zone).date()

    @property
    def locale(self) -> str:
        """The locale of the reader."""
        return current_locale()

    def bind(self) -> None:
        """Make the session work for this Context's companies and addons, if it last worked for another's."""
        bind(self.session, self.companies, self.company.id, self.enabled)

    # --- reading

    def visible(
        self, model: type[T], *where: ColumnElement[bool], order_by: Sequence[Any] = (), limit: int | None = None
    ) -> Records[T]:
        """Give the records this person may see."""
        self.bind()
        return Records(self.session, model, where=(visible_clause(self, model), *where), order_by=order_by, limit=limit)

    def all(
        self, model: type[T], *where: ColumnElement[bool], order_by: Sequence[Any] = (), limit: int | None = None
    ) -> Records[T]:
        """Give the whole company's records, whoever asks; rules of the business need this, screens never."""
        self.bind()
        return Records(self.session, model, where=(company_clause(self, model), *where), order_by=order_by, limit=limit)

    def settings(self, model: type[S]) -> S:
        """Give what the company has set, or the defaults: ``ctx.settings(SalesSettings).quote_days``.

        Whoever asks may know them; who may see and change them on their page is another matter.  Read once for each
        Context.
        """
        from hanse.settings.reading import settings

        return settings(self, model)

    def once(self, key: Hashable, make: Callable[[], V], *, of: Iterable[type[Model]]) -> V:
        """Give what ``make`` works out of rows of some models: once in a transaction, and again once they change.

        ``make`` may use the company, its addons and the reader's language besides, and nothing else of this Context.
        What it gives is shared, so nobody may change it.

        :param key: names it, with all that it depends on besides: the function that asks
        """
        where = (self.company.id, self.enabled, current_locale())
        return once(self.session, (key, where), [one.__tablename__ for one in of], make)

    def may(self, permission: str) -> bool:
        """Tell whether the person holds a permission."""
        return self.grants.allows(str(permission))

    def require(self, permission: str) -> None:
        """Refuse unless the person holds a permission.

        :raises Forbidden: they do not
        """
        if not self.may(permission):
            from hanse.security.permissions import labels

            raise Forbidden(
                _(
                    "You may not do this: %(what)s. Ask whoever gives out roles.",
                    what=labels.get(str(permission), permission),
                )
            )

    # --- changing

    def run(
        self,
        action: Action[T],
        records: Iterable[T | int] | Records[T] | None = None,
        *,
        partial: bool = False,
        **params: Any,
    ) -> Outcome:
        """Do an action: see :func:`hanse.actions.run.run`."""
        from hanse.actions.run import run

        return run(self, action, records, partial=partial, **params)

    def insert(self, model: type[Model], rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Insert rows, lines nested by the name of their field; give their ids.

        :raises BusinessError: a value is missing or wrong; ``field`` says which
        """
        return write.insert(self, model, rows)

    def update(
        self, records: Records[T] | Iterable[T | int], model_or_values: Any, values: Mapping[str, Any] | None = None
    ) -> None:
        """Change records: ``ctx.update(vouchers, {"state": State.POSTED})``.

        A value that is a :class:`hanse.actions.write.Each` holds one value per record.
        With plain ids the model comes second: ``ctx.update(ids, Voucher, {...})``.
        """
        model, ids, changed = write.target(records, model_or_values, values)
        write.update(self, model, ids, changed)
        if isinstance(records, Records):
            records.forget()

    def delete(self, records: Records[T] | Iterable[T]) -> None:
        """Delete records with the lines they own."""
        chosen = records if isinstance(records, Records) else list(records)
        ids = chosen.ids if isinstance(chosen, Records) else [record.id for record in chosen]
        if ids:
            model = chosen.model if isinstance(chosen, Records) else type(chosen[0])
            write.delete(self, model, ids)

    def comment(self, record: Model, body: Label) -> None:
        """Say something about a record, where all who see it can read it."""
        from hanse.work.comments import say

        say(self, model_name(type(record)), [record.id], str(body))

    def notify(self, users: Iterable[int], message: Text, *, record: Model | None = None, topic: str = "") -> None:
        """Tell people something once this transaction is committed, in Hanse and by mail as each of them likes it.

        Each reads the message in their own language.  Told again before it was read, it is counted instead.  With a
        record only those are told who may see it, and the message is shown only for as long as they may.  Nobody is
        told of what they did themselves.

        :param users: ids
        :param message: made with ``_()``; its values are text and numbers, and no names of other records
        :param topic: keeps apart different things that are told of one record
        """
        from hanse.work.telling import notify

        about = None if record is None else (model_name(type(record)), record.id)
        notify(self, users, message, record=about, topic=topic)

    def take_numbers(self, counts: Mapping[str, int]) -> dict[str, range]:
        """Take the next numbers of counters, from 1, without gaps: what rolls back gives its numbers back.

        The counters' rows stay locked until the transaction ends.  All of them take one statement.

        :param counts: how many numbers of each counter, by its key
        """
        return write.take_numbers(self, counts)

    def next_numbers(self, sequence: str, count: int = 1, *, on: date | None = None, **parts: str) -> list[str]:
        """Take the next ``count`` numbers of a sequence, in order: ``ctx.next_numbers("purchasing.order", 3)``.

        They are the last thing an action takes: without gaps, the counter stays locked until the transaction ends.

        :param on: the date of the documents; the company's today unless given
        :param parts: what the sequence's rule takes from its caller, such as the word of a voucher
        :raises BusinessError: a part is missing, or all numbers of so many digits are used up
        """
        from hanse.sequences.taking import next_numbers

        return next_numbers(self, sequence, count, on=on, **parts)

    def numbers_on(self, sequence: str, days: Sequence[date], **parts: str) -> list[str]:
        """Take a number for each of many documents, in the order of their days: days of one year count together.

        :raises BusinessError: as for :meth:`next_numbers`
        """
        from hanse.sequences.taking import numbers_on

        return numbers_on(self, sequence, days, **parts)

    def within(self, company_id: int) -> Context:
        """Open a Context of the same person for another of their companies, in the same transaction."""
        return open_context(self.session, self.user, company_id, via=self.via, clock=self.clock)


def open_context(
    session: Session,
    user: Identity,
    company_id: int,
    *,
    via: str,
    behalf: Identity | None = None,
    clock: Callable[[], datetime] = _now,
) -> Context:
    """Find out all about a person in a company, and bind the session to it.

    Takes two statements, and one more for somebody who works in several companies.

    :raises Forbidden: the person has no role there
    """
    row = _surroundings(session, user.id, company_id)
    grants, named = held_in(company_id, row[0]) if row is not None else (None, frozenset[int]())
    if row is None or grants is None:
        bind(session, (), 0, frozenset())
        raise Forbidden(_("You have no role in this company. Ask an administrator for one."))
    opened = _context(session, user, row, tuple(row[1] or sorted({company_id, *named})), grants, via, clock)
    opened.behalf, opened.seen = behalf, _seen(session, opened, row[4])
    return opened


def system_context(
    session: Session, user: Identity, company_id: int, *, via: str, clock: Callable[[], datetime] = _now
) -> Context:
    """Open a Context that may do everything, for set-up and scheduled work; ``user`` is who the audit names.

    :raises LookupError: there is no such company
    """
    row = _surroundings(session, 0, company_id)
    if row is None:
        raise LookupError(f"there is no company {company_id}")
    return _context(session, user, row, (company_id,), EVERYTHING, via, clock)


#: The first company that a user works in.
FIRST_COMPANY = (
    "SELECT c.id FROM core_company c WHERE EXISTS (SELECT FROM core_user_role r WHERE r.user_id = {user} "
    "AND (r.company_id IS NULL OR r.company_id = c.id)) ORDER BY c.id LIMIT 1"
)
#: What somebody may do, and where; with a role for every company also which companies there are; then of one company
#: what is switched on, where somebody works with all departments below, what departments see, which events webhooks are
#: told of, so that no run has to ask, and what pages need.
_SURROUNDINGS = text(
    "SELECT (SELECT coalesce(jsonb_agg(jsonb_build_array(p.permission, p.scope, r.company_id) "
    "ORDER BY r.role_id, p.id, r.company_id), '[]')::text "
    "FROM core_role_permission p JOIN core_user_role r ON r.role_id = p.role_id WHERE r.user_id = :user), "
    "CASE WHEN EXISTS (SELECT FROM core_user_role WHERE user_id = :user AND company_id IS NULL) "
    "THEN ARRAY(SELECT id FROM core_company ORDER BY id) END, "
    "(SELECT coalesce(jsonb_object_agg(addon, enabled), '{}') FROM core_company_addon WHERE company_id = c.id), "
    "ARRAY(WITH RECURSIVE tree(id) AS (SELECT department_id FROM core_membership WHERE user_id = :user "
    "AND company_id = c.id UNION SELECT d.id FROM core_department d JOIN tree ON d.parent_id = tree.id "
    "WHERE d.company_id = c.id) SELECT id FROM tree ORDER BY id), "
    "(SELECT coalesce(jsonb_agg(jsonb_build_array(addon, department_id)), '[]') FROM core_department_addon "
    "WHERE company_id = c.id), "
    "ARRAY(SELECT DISTINCT e.event FROM core_webhook w JOIN core_webhook_event e "
    "ON e.company_id = w.company_id AND e.webhook_id = w.id WHERE w.company_id = c.id AND w.active), "
    "c.id, c.name, y.code, y.id, y.places, c.time_zone, c.locale, c.logo "
    "FROM core_company c JOIN core_currency y ON y.id = c.currency_id WHERE c.id = :company"
)


def _surroundings(session: Session, user_id: int, company_id: int) -> Any:
    """Read all about a person in a company; other companies are not there before it is known that they are theirs."""
    bind(session, (company_id,), company_id, frozenset())
    return session.connection().execute(_SURROUNDINGS, {"user": user_id, "company": company_id}).first()


def _context(
    session: Session,
    user: Identity,
    row: Any,
    companies: tuple[int, ...],
    grants: Grants,
    via: str,
    clock: Callable[[], datetime],
) -> Context:
    """Open a Context that sees every addon that is on."""
    _rights, _all, rows, departments, _restrictions, watched, *fields = row
    company, enabled = Company(*fields), installed().enabled(rows)
    bind(session, companies, company.id, enabled)
    who = (session, user, company, companies, tuple(departments))
    return Context(*who, enabled, enabled, grants, via, clock=clock, watched=frozenset(watched))


def bind(session: Session, companies: tuple[int, ...], company_id: int, enabled: frozenset[str]) -> None:
    """Tell the session, and through it PostgreSQL, for which companies it works and what is on there."""
    session.info[ENABLED] = enabled
    session.info[COMPANIES], session.info[COMPANY] = frozenset(companies), company_id
    if session.in_transaction():
        tell_companies(session, session.connection())


def read_company(session: Session, company_id: int) -> Company:
    """Read what every page needs of a company."""
    row = session.execute(
        select(
            CompanyRecord.id,
            CompanyRecord.name,
            Currency.code,
            Currency.id,
            Currency.places,
            CompanyRecord.time_zone,
            CompanyRecord.locale,
        )
        .join(Currency, Currency.id == link_id(CompanyRecord.currency))
        .where(CompanyRecord.id == company_id)
    ).one()
    return Company(*row)


def _seen(session: Session, ctx: Context, restrictions: Sequence[tuple[str, int]]) -> frozenset[str]:
    if not restrictions:
        return ctx.enabled
    return seen_addons(ctx.enabled, restrictions, department_parents(session, ctx.company.id), ctx.departments)


def seen_addons(
    enabled: frozenset[str],
    restrictions: Sequence[tuple[str, int]],
    parents: Mapping[int, int | None],
    departments: Sequence[int],
) -> frozenset[str]:
    """Say which addons somebody sees: those that no department row restricts, and those of their departments.

    A row of a department holds for those below it too, as membership reaches up the tree.  What needs an addon that is
    not seen is not seen either: its pages would show the other's records.
    """
    above: set[int] = set()
    for department in departments:
        current: int | None = department
        while current is not None and current not in above:
            above.add(current)
            current = parents.get(current)
    restricted = {addon for addon, _department in restrictions}
    mine = {addon for addon, department in restrictions if department in above}
    found: set[str] = {KERNEL}
    for name, addon in installed().addons.items():  # the least dependent first
        allowed = name in enabled and (name not in restricted or name in mine)
        if allowed and found.issuperset(addon.enabling_needs):
            found.add(name)
    return frozenset(found)


def department_parents(session: Session, company_id: int) -> dict[int, int | None]:
    """Give the tree of a company's departments: of each the one above."""
    rows = session.execute(select(Department.id, link_id(Department.parent)).where(Department.company_id == company_id))
    return {department: parent for department, parent in rows}


def identify(session: Session, login: str) -> Identity | None:
    """Find an active user by login."""
    row = session.execute(
        select(User.id, User.login, User.name, User.locale, User.service).where(User.login == login, User.active)
    ).first()
    return Identity(*row) if row else None


def identity_of(session: Session, user: int) -> Identity | None:
    """Find an active user by id."""
    row = session.execute(
        select(User.id, User.login, User.name, User.locale, User.service).where(User.id == user, User.active)
    ).first()
    return Identity(*row) if row else None


__all__ = [
    "Company",
    "Context",
    "Identity",
    "PermissionScope",
    "identify",
    "identity_of",
    "open_context",
    "or_",
    "read_company",
    "system_context",
]
