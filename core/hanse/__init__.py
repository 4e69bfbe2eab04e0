"""Hanse: a modular ERP.  What addon authors may import stands here; anything else may change."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanse.actions import Context, Outcome, Records, action, after
    from hanse.addons.hooks import Caution, WorkEntry, WorkSection, hook
    from hanse.addons.manifest import Addon
    from hanse.directory.questions import Question
    from hanse.errors import BusinessError, Errors, Forbidden, NotFound, Stale
    from hanse.i18n import _
    from hanse.jobs import Progress, chunked, days, enqueue, hours, job, minutes, scheduled, waits_outside
    from hanse.models import (
        AppendOnly,
        Check,
        Choice,
        Index,
        Mapped,
        Model,
        Scope,
        Section,
        Settings,
        StoredFile,
        Trigger,
        Unique,
        archivable,
        choice,
        day,
        file,
        flag,
        lines,
        link,
        link_id,
        moment,
        money,
        note,
        number,
        quantity,
        rate,
        structure,
        text,
    )
    from hanse.screens import (
        After,
        AmongLines,
        Board,
        Button,
        Calendar,
        Computed,
        Document,
        Filter,
        Given,
        Lines,
        MoreColumns,
        Offers,
        Parameter,
        Reading,
        Report,
        ReportColumn,
        ReportRow,
        Row,
        Screen,
        Shown,
        Tab,
        Through,
        Told,
        Virtual,
        Words,
        menu_section,
    )
    from hanse.security.permissions import Permissions, permission
    from hanse.sequences.declared import sequence
    from hanse.sequences.rules import Counting, NumberRule, Reset
    from hanse.web.pages import page

__all__ = [
    "Addon",
    "After",
    "AmongLines",
    "AppendOnly",
    "Board",
    "BusinessError",
    "Button",
    "Calendar",
    "Caution",
    "Check",
    "Choice",
    "Computed",
    "Context",
    "Counting",
    "Document",
    "Errors",
    "Filter",
    "Forbidden",
    "Given",
    "Index",
    "Lines",
    "Mapped",
    "Model",
    "MoreColumns",
    "NotFound",
    "NumberRule",
    "Offers",
    "Outcome",
    "Parameter",
    "Permissions",
    "Progress",
    "Question",
    "Reading",
    "Records",
    "Report",
    "ReportColumn",
    "ReportRow",
    "Reset",
    "Row",
    "Scope",
    "Screen",
    "Section",
    "Settings",
    "Shown",
    "Stale",
    "StoredFile",
    "Tab",
    "Through",
    "Told",
    "Trigger",
    "Unique",
    "Virtual",
    "Words",
    "WorkEntry",
    "WorkSection",
    "_",
    "action",
    "after",
    "archivable",
    "choice",
    "chunked",
    "day",
    "days",
    "enqueue",
    "file",
    "flag",
    "hook",
    "hours",
    "job",
    "lines",
    "link",
    "link_id",
    "menu_section",
    "minutes",
    "moment",
    "money",
    "note",
    "number",
    "page",
    "permission",
    "quantity",
    "rate",
    "scheduled",
    "sequence",
    "structure",
    "text",
    "waits_outside",
]

# Each name is imported when it is first asked for: who only wants the settings, as the supervisor and the set-up do,
# must not wait a second for an ORM.  Type checkers see the imports above.
_HOMES = {
    "hanse.actions": ("Context Outcome Records action after "),
    "hanse.addons.hooks": ("Caution WorkEntry WorkSection hook "),
    "hanse.addons.manifest": ("Addon "),
    "hanse.directory.questions": ("Question "),
    "hanse.errors": ("BusinessError Errors Forbidden NotFound Stale "),
    "hanse.i18n": ("_ "),
    "hanse.jobs": ("Progress chunked days enqueue hours job minutes scheduled waits_outside "),
    "hanse.models": (
        "AppendOnly Check Choice Index Mapped Model Scope Section Settings StoredFile Trigger Unique archivable choice "
        "day file flag lines link link_id moment money note number quantity rate structure text "
    ),
    "hanse.screens": (
        "After AmongLines Board Button Calendar Computed Document Filter Given Lines MoreColumns Offers Parameter "
        "Reading Report ReportColumn ReportRow Row Screen Shown Tab Through Told Virtual Words menu_section "
    ),
    "hanse.security.permissions": ("Permissions permission "),
    "hanse.sequences.declared": ("sequence "),
    "hanse.sequences.rules": ("Counting NumberRule Reset "),
    "hanse.web.pages": ("page "),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value: object = getattr(import_module(_HOME_OF[name]), name)
        globals()[name] = value
        return value
