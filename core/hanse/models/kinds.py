"""Field kinds: what a class body writes to declare a field.

Each gives a :class:`Declaration`; the annotation (``Mapped[str | None]``) says the Python type and whether None is
allowed.  They return ``Any`` so that ``name: Mapped[str] = text(…)`` satisfies the checkers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from hanse.i18n import Label, _
from hanse.models.fields import Common, Declaration, Kind

if TYPE_CHECKING:
    from hanse.sequences.rules import NumberRule


def text(label: Label, *, max_length: int = 200, **common: Unpack[Common]) -> Any:
    """One line of text, at most ``max_length`` characters; stripped of blanks at both ends."""
    return Declaration(Kind.TEXT, label, common, {"max_length": max_length})


def note(label: Label, **common: Unpack[Common]) -> Any:
    """Text of many lines."""
    return Declaration(Kind.NOTE, label, common)


def number(
    label: Label,
    *,
    rule: str | NumberRule | None = None,
    dated: str | None = None,
    max_length: int = 60,
    unit: Label | None = None,
    **common: Unpack[Common],
) -> Any:
    """A whole number, or with ``Mapped[str]`` a document number.

    :param rule: gives a missing document number from a sequence without gaps: ``"EQ-{number:4}"``; ``{year}`` and
        ``{month}`` may stand in it and begin the sequence anew.  Administrators may change it.  Sequences belong to
        companies: a shared model writes ``"C{id:5}"`` instead, the record's own id, which may leave gaps but clashes
        with none
    :param dated: name of the day field whose value dates the number; without one it is the company's today
    """
    options = {"rule": rule, "dated": dated, "max_length": max_length, "unit": unit}
    return Declaration(Kind.NUMBER, label, common, options)


def money(label: Label, *, currency: str | None = None, **common: Unpack[Common]) -> Any:
    """An exact amount of money.

    :param currency: dotted path to the link that says whose money it is; None: the company's currency
    """
    return Declaration(Kind.MONEY, label, common, {"currency": currency})


def quantity(label: Label, *, unit: Label | None = None, **common: Unpack[Common]) -> Any:
    """An exact quantity, up to 8 decimals."""
    return Declaration(Kind.QUANTITY, label, common, {"unit": unit})


def rate(label: Label, *, unit: Label | None = None, **common: Unpack[Common]) -> Any:
    """An exact ratio, price or exchange rate, up to 12 decimals; percents say so in their unit."""
    return Declaration(Kind.RATE, label, common, {"unit": unit})


def day(label: Label, **common: Unpack[Common]) -> Any:
    """A calendar day."""
    return Declaration(Kind.DAY, label, common)


def moment(label: Label, **common: Unpack[Common]) -> Any:
    """A point in time, stored with its zone."""
    return Declaration(Kind.MOMENT, label, common)


def choice(label: Label, **common: Unpack[Common]) -> Any:
    """One of the members of a :class:`Choice`, which the annotation names; text with a CHECK in the database."""
    return Declaration(Kind.CHOICE, label, common)


def flag(label: Label, **common: Unpack[Common]) -> Any:
    """Yes or no; no unless ``default=True``."""
    return Declaration(Kind.FLAG, label, common)


def archivable(label: Label | None = None, *, mergeable: bool = True, **common: Unpack[Common]) -> Any:
    """Whether a record is in use: ``active: Mapped[bool] = archivable()`` gives a model archive, restore and merge.

    What is not in use is archived: left out of lists, choices and search unless asked for, and chosen by nothing new.

    :param mergeable: whether duplicates may be merged; not where what stands behind a record must stay apart
    """
    return Declaration(
        Kind.FLAG,
        label or _("In use"),
        {"default": True, "readonly": True, **common},
        {"archives": True, "mergeable": mergeable},
    )


def file(label: Label, *, pictures: bool = False, **common: Unpack[Common]) -> Any:
    """A file that people upload: ``photo: Mapped[StoredFile | None] = file(_("Photo"), pictures=True)``.

    :param pictures: whether only pictures of which small ones can be made are taken: PNG, JPEG, GIF and WebP
    """
    return Declaration(Kind.FILE, label, common, {"pictures": pictures})


def structure(label: Label, *, verbatim: bool = False, **common: Unpack[Common]) -> Any:
    """A JSON value, for what only programs read.

    :param verbatim: kept as the text that was written, which costs writers less; for what is hardly ever looked into
    """
    return Declaration(Kind.STRUCTURE, label, common, {"verbatim": verbatim})


def link(
    label: Label,
    *,
    back_populates: str | None = None,
    ondelete: str = "RESTRICT",
    checked: bool = True,
    flow: bool = False,
    **common: Unpack[Common],
) -> Any:
    """One record of another model: makes the column ``<name>_id``, its foreign key and index, and the relationship.

    ``Loan.equipment == record``, ``.is_(None)`` and ``.in_(records or ids)`` work in queries.

    :param checked: whether the database checks that the target is there; not for logs, which outlive what they tell of
    :param flow: what has the link came of what it leads to, as an invoice does of an order; so it stands in the trail
    :param ondelete: what the database does when the target is deleted: RESTRICT, CASCADE or SET NULL
    """
    options = {"back": back_populates, "ondelete": ondelete, "checked": checked, "flow": flow}
    return Declaration(Kind.LINK, label, common, options)


def lines(
    label: Label, *, by: str | None = None, owned: bool = False, order_by: str = "id", **common: Unpack[Common]
) -> Any:
    """The records of another model that link here.

    :param by: the link that points back; needed only where there are several
    :param owned: they are part of this record: written nested in its form, deleted with it
    """
    return Declaration(Kind.LINES, label, common, {"back": by, "owned": owned, "order_by": order_by})
