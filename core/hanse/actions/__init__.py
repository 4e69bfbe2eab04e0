"""Actions: verbs on records, and run(), the one door through which data changes."""

from hanse.actions.context import Company, Context, Identity, open_context, system_context
from hanse.actions.records import Records
from hanse.actions.registry import Action, action, actions_of, after, all_actions, find_action
from hanse.actions.run import Outcome, release, run

__all__ = [
    "Action",
    "Company",
    "Context",
    "Identity",
    "Outcome",
    "Records",
    "action",
    "actions_of",
    "after",
    "all_actions",
    "find_action",
    "open_context",
    "release",
    "run",
    "system_context",
]
