"""What is known of one field: the only thing that lists, forms, API, import, export and audit read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypedDict

from hanse.i18n import Label

if TYPE_CHECKING:
    from hanse.models.base import Model
    from hanse.sequences.rules import NumberRule

#: ``read=NOBODY``: no permission, not even all of them, shows the field; not in forms, lists, filters or the history.
#: An action with ``permission=NOBODY`` is done by Hanse itself and by nobody else.
NOBODY = "nobody"


class Kind(StrEnum):
    """The kinds of field there are."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    QUANTITY = "quantity"
    RATE = "rate"
    DAY = "day"
    MOMENT = "moment"
    CHOICE = "choice"
    LINK = "link"
    LINES = "lines"
    FLAG = "flag"
    NOTE = "note"
    FILE = "file"
    STRUCTURE = "structure"


class Choice(StrEnum):
    """A closed list of values with labels: ``class State(Choice): OUT = "out", _("Lent")``."""

    label: Label

    def __new__(cls, value: str, label: Label = "") -> Choice:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label or value
        return member


class Common(TypedDict, total=False):
    """What every field kind takes."""

    help: Label
    #: permission needed to see or to change the field; None: whoever sees or changes the record
    read: str | None
    write: str | None
    #: shown, never typed: actions set it
    readonly: bool
    #: found by the search box of lists and autocompletion
    search: bool
    #: stored per company in ``<table>_company``
    per_company: bool
    default: Any
    #: name of a control other than the usual one
    widget: str | None
    index: bool
    unique: bool


@dataclass(frozen=True, slots=True)
class Declaration:
    """A field as a class body declares it, until build() makes it a column or relationship."""

    kind: Kind
    label: Label
    common: Common
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field of a built model.

    :ivar column: name of the attribute that holds the stored value; for a link that is ``<name>_id``
    :ivar python_type: of the stored value (``int`` for a link); for choices the enumeration
    :ivar required: None is refused when a person saves
    :ivar target: model behind a link or lines
    :ivar back: for lines, the attribute of the target that points back
    :ivar archives: the flag says whether the record is in use; ``mergeable``: and its duplicates may be merged
    :ivar flow: what has the link came of what it leads to
    :ivar checked: the database checks that what the link leads to is there
    :ivar pictures: only pictures are taken as files
    """

    name: str
    model: type[Model]
    kind: Kind
    label: Label
    addon: str
    column: str
    python_type: type
    required: bool
    help: Label = ""
    read: str | None = None
    write: str | None = None
    readonly: bool = False
    search: bool = False
    per_company: bool = False
    default: Any = None
    widget: str | None = None
    max_length: int | None = None
    places: int | None = None
    unit: Label | None = None
    currency: str | None = None
    choices: type[Choice] | None = None
    target: type[Model] | None = None
    back: str | None = None
    owned: bool = False
    rule: str | NumberRule | None = None
    dated: str | None = None
    archives: bool = False
    mergeable: bool = False
    flow: bool = False
    checked: bool = True
    pictures: bool = False

    def __repr__(self) -> str:
        return f"<{self.model.__name__}.{self.name}: {self.kind}>"
