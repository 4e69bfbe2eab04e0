"""Models: typed classes whose fields and overrides may come from several addons."""

from sqlalchemy.orm import Mapped

from hanse.models.base import Model, ModelError, Section, Settings, declared_models, display_fields, metadata
from hanse.models.build import build, companion, enabled_for, resolution_order
from hanse.models.columns import link_column as link_id
from hanse.models.fields import Choice, Field, Kind
from hanse.models.kinds import (
    archivable,
    choice,
    day,
    file,
    flag,
    lines,
    link,
    moment,
    money,
    note,
    number,
    quantity,
    rate,
    structure,
    text,
)
from hanse.models.rules import AppendOnly, Check, Index, OnlyRead, Scope, Trigger, Unique
from hanse.models.stored import StoredFile

__all__ = [
    "AppendOnly",
    "Check",
    "Choice",
    "Field",
    "Index",
    "Kind",
    "Mapped",
    "Model",
    "ModelError",
    "OnlyRead",
    "Scope",
    "Section",
    "Settings",
    "StoredFile",
    "Trigger",
    "Unique",
    "archivable",
    "build",
    "choice",
    "companion",
    "day",
    "declared_models",
    "display_fields",
    "enabled_for",
    "file",
    "flag",
    "lines",
    "link",
    "link_id",
    "metadata",
    "moment",
    "money",
    "note",
    "number",
    "quantity",
    "rate",
    "resolution_order",
    "structure",
    "text",
]
