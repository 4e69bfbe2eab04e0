"""Reports: figures worked out of many records, declared by an addon and drawn by one template.

    TRIAL_BALANCE = Report(
        "trial-balance", title=_("Trial balance"), menu="finance", permission=Finance.REPORT,
        parameters=[Parameter("period", _("Period"), choices=periods, default=latest_period)], read=read_trial_balance,
    )

stands at ``/<key of the addon>/trial-balance``, with a bar for its parameters, totals below, and as CSV and XLSX.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as part
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from hanse.i18n import KERNEL, Label
from hanse.models import Kind, Model
from hanse.screens.parts import Button, ScreenError

if TYPE_CHECKING:
    from hanse.actions import Context

#: Where a row or a cell leads: a path below the address of Hanse, and its query.
Target = tuple[str, Mapping[str, str]]


@dataclass(frozen=True)
class Parameter:
    """Something to choose before a report is read.

    With ``choices`` it is a list of values, with ``target`` a record, with ``kind`` something typed, else a switch,
    which is off at first.

    :param kind: day, number or text
    :param choices: ``choices(ctx)`` gives values and labels; one with a single choice is not shown
    :param default: ``default(ctx)`` gives the value when the address says nothing
    :param required: nothing is read without it
    """

    name: str
    label: Label
    choices: Callable[[Context], Sequence[tuple[str, Label]]] | None = None
    target: type[Model] | None = None
    default: Callable[[Context], str] | None = None
    required: bool = False
    kind: Kind | None = None


@dataclass(frozen=True)
class ReportColumn:
    """A column of a report.

    :param group: a heading above this and the neighbours with the same
    :param small: where it stands on a phone's card: lead, title, end, sub or none
    :param told: the heading of the part tells it, so it is left out in print
    """

    name: str
    label: Label
    kind: Kind = Kind.TEXT
    group: Label | None = None
    small: str = "none"
    told: bool = False


@dataclass(frozen=True)
class ReportRow:
    """A row: one value per column, None where there is nothing.

    :param to: where it leads
    :param strong: a sum or an opening among the rows
    :param part: the heading under which it and the rows after it are printed, from a new page on, with a bookmark
    :param carry: the sums up to here, one value per column: printed behind it where a page ends, and on top of the next
    """

    values: Sequence[Any]
    to: Target | None = None
    strong: bool = False
    part: Label = ""
    carry: Sequence[Any] | None = None


@dataclass(frozen=True)
class Reading:
    """What a report has read.

    :param totals: one value per column
    :param note: said beside the number of rows
    :param after: parameters of the next page, if there is one
    :param before: parameters of the first page, if this is another
    """

    columns: Sequence[ReportColumn]
    rows: Iterable[ReportRow]
    totals: Sequence[Any] | None = None
    note: Label = ""
    after: Mapping[str, str] | None = None
    before: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Given:
    """The parameters a report is read with.

    :ivar whole: everything is wanted at once, for a file, not a page
    """

    values: Mapping[str, str]
    whole: bool = False

    def text(self, name: str) -> str:
        """Give a parameter; empty if it is not chosen."""
        return self.values.get(name, "")

    def record(self, name: str) -> int | None:
        """Give the id of a chosen record."""
        value = self.text(name)
        return int(value) if value.isdigit() and int(value) < 2**63 else None

    def flag(self, name: str) -> bool:
        """Tell whether a switch is on."""
        return self.text(name) in ("1", "yes")

    def number(self, name: str) -> int | None:
        """Give a typed number; None: nothing, or no whole number."""
        value = self.text(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None

    def day(self, name: str) -> date | None:
        """Give a typed day; None: nothing, or no day."""
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            return None


@dataclass(frozen=True, eq=False)
class Report:
    """A report.

    :param name: last part of its address
    :param read: ``read(ctx, given)`` gives columns and rows; a :class:`BusinessError` from it is shown in their place
    :param permission: needed to read it
    :param buttons: ways to pages of the addon
    :param about: models whose records lead here, with what gives the parameters for a record; None: it leads nowhere
    """

    name: str
    title: Label
    read: Callable[[Context, Given], Reading]
    parameters: Sequence[Parameter] = ()
    permission: str | None = None
    menu: str | None = None
    icon: str = "report"
    order: int = 100
    shortcut: str | None = None
    buttons: Sequence[Button] = ()
    about: Mapping[type[Model], Callable[[Any], Mapping[str, str] | None]] = part(
        default_factory=dict[type[Model], "Callable[[Any], Mapping[str, str] | None]"]
    )
    addon: str = part(default="", init=False)
    key: str = part(default="", init=False)

    def __post_init__(self) -> None:
        module = cast("str", sys._getframe(2).f_globals["__name__"])  # pyright: ignore[reportPrivateUsage]  it has no other name
        package = module.partition(".")[0]
        key = "core" if package == KERNEL else cast("str", cast("Any", sys.modules[package]).ADDON.key)
        if (key, self.name) in _reports:
            raise ScreenError(f"{package} has two reports called {self.name}")
        object.__setattr__(self, "addon", package)
        object.__setattr__(self, "key", key)
        _reports[key, self.name] = self

    @property
    def path(self) -> str:
        """The path below the address of Hanse."""
        return f"/{self.key}/{self.name}"

    def to(self, **parameters: object) -> Target:
        """Give the way to this report with parameters; those that are None are left out."""
        return self.path, {name: str(value) for name, value in parameters.items() if value is not None}

    def is_for(self, ctx: Context) -> bool:
        """Tell whether a person may read it."""
        return self.addon in ctx.seen and (self.permission is None or ctx.may(str(self.permission)))


_reports: dict[tuple[str, str], Report] = {}


def find_report(key: str, name: str) -> Report | None:
    """Give the report at ``/<key>/<name>``."""
    return _reports.get((key, name))


def all_reports() -> list[Report]:
    """Give every report in the order of declaration."""
    return list(_reports.values())
