"""Who did what, when, to which record, from what to what; and the chain that shows whether that was tampered with."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from hanse.directory.models import User
from hanse.i18n import _
from hanse.models import (
    AppendOnly,
    Index,
    Mapped,
    Model,
    OnlyRead,
    Trigger,
    Unique,
    day,
    link,
    moment,
    number,
    structure,
    text,
)
from hanse.models.fields import NOBODY


class AuditEntry(Model):
    """One record in one run of an action.  ``changes`` holds field → [from, to], lines nested by field."""

    __audited__ = False
    __general__ = False
    __tied__ = False  # a look at the company for each entry would be a fifth of what writing the log costs
    __tablename__ = "core_audit"
    __display__ = ("action",)
    run: Mapped[str] = text(_("Run"), max_length=36)
    outer_run: Mapped[str | None] = text(_("Part of run"), max_length=36)
    at: Mapped[datetime] = moment(_("When"))
    user: Mapped[User] = link(_("Who"), index=False, checked=False)
    behalf: Mapped[User | None] = link(_("On behalf of"), index=False, checked=False)
    via: Mapped[str] = text(_("Via"), max_length=20, widget="audit_way")
    action: Mapped[str] = text(_("Action"), max_length=120, widget="audit_action")
    model: Mapped[str] = text(_("Model"), max_length=80, widget="audit_model")
    record: Mapped[int] = number(_("Record"))
    #: read by nobody as it stands: :mod:`hanse.audit.reading` tells of it what the reader may see elsewhere
    changes: Mapped[dict[str, object]] = structure(_("Changes"), verbatim=True, read=NOBODY)

    if TYPE_CHECKING:
        user_id: Mapped[int]

    __rules__ = [
        Index("model", "record"),
        Index("at"),
        Index("user_id", "at"),
        AppendOnly(),
        # The sealer relies on it: a transaction has its number before it draws ids.
        Trigger("numbered", "BEFORE INSERT", "PERFORM pg_current_xact_id(); RETURN NULL;", statement=True),
        # Row security gives all entries of a statement this company: it is there, and stays as long as one tells of it.
        Trigger(
            "of_company",
            "BEFORE INSERT",
            "company := nullif(current_setting('hanse.company', true), ''); "
            "PERFORM FROM core_company WHERE id = company FOR KEY SHARE; "
            "IF company IS NOT NULL AND NOT FOUND THEN RAISE EXCEPTION 'hanse:no_company there is no company %', "
            "company USING ERRCODE = 'HA001'; END IF; RETURN NULL;",
            statement=True,
            declare="company bigint;",
        ),
    ]


class AuditSeal(Model):
    """A link of a company's chain: what some entries said, bound to all that was sealed before.

    ``entries`` holds [id, digest of what it says] in the order of the chain, ``total`` how many it has so far, ``last``
    the highest id in this link.  When it was made, ids up to ``drawn`` had been given out, and of the transactions
    that had them those that still ran were numbered below ``until``; all entries up to ``complete`` are in the chain.
    """

    __audited__ = False
    __general__ = False
    __tablename__ = "core_audit_seal"
    __display__ = ("hash",)
    position: Mapped[int] = number(_("Position"))
    sealed_on: Mapped[date] = day(_("Day"))
    sealed_at: Mapped[datetime] = moment(_("Sealed at"))
    entries: Mapped[list[list[object]]] = structure(_("Entries"))
    total: Mapped[int] = number(_("Entries so far"))
    last: Mapped[int] = number(_("Highest entry"))
    complete: Mapped[int] = number(_("Complete up to"))
    drawn: Mapped[int] = number(_("Drawn up to"))
    until: Mapped[int] = number(_("Transactions before"))
    previous: Mapped[str] = text(_("Hash before"), max_length=64)
    hash: Mapped[str] = text(_("Hash"), max_length=64)

    __rules__ = [
        Unique("position", error=_("There is such a seal already.")),
        Index("last"),
        AppendOnly(),
        OnlyRead(),
    ]


class AuditRoot(Model):
    """The last hash of a company's chain on a day, and how long the chain was then: what is printed and kept elsewhere.

    It follows the chain during its day and stays as it is from the next day's first seal on.
    """

    __audited__ = False
    __general__ = False
    __tablename__ = "core_audit_root"
    __display__ = ("hash",)
    sealed_on: Mapped[date] = day(_("Day"))
    position: Mapped[int] = number(_("Position"))
    total: Mapped[int] = number(_("Entries so far"))
    hash: Mapped[str] = text(_("Hash"), max_length=64)

    __rules__ = [
        Unique("sealed_on", error=_("There is such a root already.")),
        Trigger(
            "follows",
            "BEFORE UPDATE OR DELETE",
            "IF TG_OP = 'DELETE' OR (NEW.id, NEW.company_id, NEW.sealed_on) <> (OLD.id, OLD.company_id, OLD.sealed_on) "
            "OR NEW.position <= OLD.position OR NEW.total <= OLD.total OR EXISTS (SELECT FROM core_audit_root r "
            "WHERE r.company_id = OLD.company_id AND r.sealed_on > OLD.sealed_on) THEN "
            "RAISE EXCEPTION 'hanse:append_only core_audit_root rows are never changed or deleted' "
            "USING ERRCODE = 'HA001'; END IF; RETURN NEW;",
        ),
        OnlyRead(),
    ]
