"""What goes into an archive: parts that addons bring, and how long each kind of file is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Final, NamedTuple

from sqlalchemy import select

from hanse import BusinessError, Context, _, link_id
from hanse.files import FileStore
from hanse.i18n import Label
from hanse_finance.models import Period, PeriodState
from hanse_finance.permissions import Finance
from hanse_finance.reports import Span, span_of

#: Kinds of files by which the time of keeping is decided.
VOUCHERS: Final = "vouchers"
SOURCES: Final = "source_documents"
LEDGERS: Final = "ledgers"
PERIOD_REPORTS: Final = "period_reports"
ANNUAL_REPORTS: Final = "annual_reports"
INDEX: Final = "index"


@dataclass(frozen=True, slots=True)
class Request:
    """An archive that is asked for.

    :ivar span: a fiscal year or a period of it, all of it closed
    :ivar files: where attachments are
    """

    ctx: Context
    span: Span
    files: FileStore

    @property
    def is_year(self) -> bool:
        """Whether it is a whole fiscal year."""
        return self.span.first != self.span.last


def request(ctx: Context, code: str, files: FileStore) -> Request:
    """Ask for the archive of a period or year.

    :raises Forbidden: the person may not take the books out
    :raises BusinessError: there is no such period, or something of it is still open
    """
    return Request(ctx, closed_span(ctx, code), files)


def closed_span(ctx: Context, code: str) -> Span:
    """Find a period or year of which everything is closed.

    :raises Forbidden: the person may not take the books out
    :raises BusinessError: there is no such period, or something of it is still open
    """
    ctx.require(Finance.TAKE_OUT)
    span = span_of(ctx, code)
    open_one = ctx.session.scalar(
        select(Period.code)
        .where(
            Period.company_id == ctx.company.id,
            link_id(Period.year) == span.year,
            Period.number.between(span.first, span.last),
            Period.state != PeriodState.CLOSED,
        )
        .order_by(Period.number)
        .limit(1)
    )
    if open_one is not None:
        raise BusinessError(
            _("Period %(period)s is still open. Close it first: what is archived must not change.", period=open_one),
            field="period",
        )
    return span


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file of an archive.

    :ivar path: where it stands in the archive, with ``/``
    :ivar kind: decides how long it is kept, such as :data:`VOUCHERS`
    :ivar write: writes its bytes
    """

    path: str
    title: str
    kind: str
    media_type: str
    write: Callable[[BinaryIO], None]


#: Gives files one after the other; each is written before the next is asked for.
Part = Callable[[Request], Iterable[ArchivedFile]]
_parts: dict[str, tuple[str, Part]] = {}


def register_part(name: str, addon: str, part: Part) -> None:
    """Let archives of companies that have the addon on contain more files."""
    _parts[name] = (addon, part)


def collected(wanted: Request) -> Iterator[ArchivedFile]:
    """Give all files of an archive, by the order in which their parts were registered."""
    for addon, part in _parts.values():
        if addon in wanted.ctx.enabled:
            yield from part(wanted)


# --- how long ---------------------------------------------------------------------------------------------------------


class Retention(NamedTuple):
    """How long files of a kind are kept, from the end of the fiscal year on.

    :ivar years: None: for ever
    """

    kind: str
    title: str
    years: int | None

    def until(self, end: date) -> date | None:
        """Give the last day on which files of a year that ends then are kept; None: there is none."""
        if self.years is None:
            return None
        leap_day = (end.month, end.day) == (2, 29)
        return end.replace(year=end.year + self.years, day=28 if leap_day else end.day)


_tables: dict[str, Callable[[], Mapping[str, Retention]]] = {}


def register_retention(addon: str, table: Callable[[], Mapping[str, Retention]]) -> None:
    """Say how long files are kept, by kind, where an addon is on; called when it is needed."""
    _tables[addon] = table


def retentions(ctx: Context) -> dict[str, Retention]:
    """Give how long each kind of file is kept in the company, as far as an addon says so."""
    return {kind: one for addon, table in _tables.items() if addon in ctx.enabled for kind, one in table().items()}


def named(name: Label) -> str:
    """Make a label a name of a file: nothing in it leads to another folder."""
    kept = "".join("_" if sign in '/\\:*?"<>|' or ord(sign) < ord(" ") else sign for sign in str(name)).strip(" .")
    return kept or "_"
