"""Imports: an uploaded file, how its columns are understood, and what became of each of its rows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hanse.directory.models import User
from hanse.i18n import _
from hanse.jobs.models import Job
from hanse.models import (
    Choice,
    Index,
    Mapped,
    Model,
    Scope,
    Unique,
    choice,
    link,
    moment,
    number,
    structure,
    text,
)


class ImportState(Choice):
    """Where an import is."""

    READ = "read", _("To be mapped")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked")
    RUNNING = "running", _("Being imported")
    DONE = "done", _("Imported")
    FAILED = "failed", _("Nothing imported")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


class RowResult(Choice):
    """What became of a row, or in a check would."""

    CREATED = "created", _("created")
    UPDATED = "updated", _("updated")
    UNCHANGED = "unchanged", _("unchanged")
    HELD = "held", _("waits for a release")
    REFUSED = "refused", _("refused")
    UNDONE = "undone", _("undone")


class Import(Model):
    """A file that somebody brings into a model; written by the kernel beside what it imports."""

    __audited__ = False
    __general__ = False
    __tablename__ = "core_import"
    __display__ = ("file_name",)
    __scope__ = Scope(owner="user")
    model: Mapped[str] = text(_("Model"), max_length=80)
    user: Mapped[User] = link(_("Brought by"), index=False)
    at: Mapped[datetime] = moment(_("When"))
    file_name: Mapped[str] = text(_("File"), max_length=255)
    file_key: Mapped[str] = text(_("Stored as"), max_length=80)
    state: Mapped[ImportState] = choice(_("State"), default=ImportState.READ)
    headers: Mapped[list[object]] = structure(_("Headings"), default=[])
    fingerprint: Mapped[str] = text(_("Hash of the headings"), max_length=64, default="")
    mapping: Mapped[dict[str, object]] = structure(_("Mapping"), default={})
    rows: Mapped[int] = number(_("Rows"), default=0)
    counts: Mapped[dict[str, object]] = structure(_("Counts"), default={})
    job: Mapped[Job | None] = link(_("Job"), index=False, checked=False)

    __rules__ = [Index("model", "at")]

    if TYPE_CHECKING:
        user_id: Mapped[int]
        job_id: Mapped[int | None]


class ImportRow(Model):
    """A row of the file as text, and its result.

    ``head`` is the number of the row that begins the record it belongs to; the result stands in that row.  ``stamp``
    is the record's ``rev`` right after the import, ``entry`` the last of its audit entries, ``before`` what an update
    replaced: undoing needs them.
    """

    __audited__ = False
    __general__ = False
    __tablename__ = "core_import_row"
    __display__ = ("number",)
    batch: Mapped[Import] = link(_("Import"), ondelete="CASCADE", index=False)
    head: Mapped[int] = number(_("Belongs to row"))
    cells: Mapped[list[object]] = structure(_("Cells"))
    result: Mapped[RowResult | None] = choice(_("Result"))
    record: Mapped[int | None] = number(_("Record"))
    stamp: Mapped[int | None] = number(_("Version"))
    entry: Mapped[int | None] = number(_("Audit entry"))
    before: Mapped[dict[str, object] | None] = structure(_("Before"))
    errors: Mapped[list[object]] = structure(_("Errors"), default=[])
    number: Mapped[int] = number(_("Row"))  # the last one, as it takes the name of its kind

    __rules__ = [
        Unique("batch", "number", error=_("The row is there already.")),
        Index("batch_id", "head"),
    ]

    if TYPE_CHECKING:
        batch_id: Mapped[int]
