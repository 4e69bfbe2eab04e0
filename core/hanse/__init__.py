"""Hanse: a modular ERP.  What addon authors may import stands here; anything else may change."""

from hanse.actions import Context, Outcome, Records, action, after
from hanse.addons.hooks import hook
from hanse.addons.manifest import Addon
from hanse.errors import BusinessError, Errors, Forbidden, NotFound, Stale
from hanse.i18n import _
from hanse.models import (
    AppendOnly, Check, Choice, Index, Mapped, Model, Scope, Trigger, Unique, choice, day, file, flag, lines, link,
    link_id, moment, money, note, number, quantity, rate, structure, text,
)
from hanse.security.permissions import Permissions, permission

__all__ = [
    "Addon", "AppendOnly", "BusinessError", "Check", "Choice", "Context", "Errors", "Forbidden", "Index", "Mapped", "Model",
    "NotFound", "Outcome", "Permissions", "Records", "Scope", "Stale", "Trigger", "Unique", "_", "action", "after", "choice", "day", "file", "flag", "hook", "lines", "link",
    "link_id", "moment", "money", "note", "number", "permission", "quantity", "rate", "structure", "text",
]
