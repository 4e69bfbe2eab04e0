"""What an addon adds, read from the registry; nothing of it is written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hanse.actions import Context, all_actions
from hanse.actions.registry import Action
from hanse.addons import installed
from hanse.directory.questions import Question
from hanse.i18n import Label
from hanse.jobs.schedule import is_scheduled
from hanse.jobs.tasks import Task, tasks_of
from hanse.models import Field, Model, declared_models
from hanse.screens import Report, Screen, all_reports, all_screens, screen_of
from hanse.security.permissions import labels, model_name, verb
from hanse.web.pages import Page, all_pages
from hanse.webhooks.events import CREATED, DELETED, UPDATED


@dataclass(frozen=True)
class Contents:
    """What stands in the registry under the name of one addon.

    :ivar models: those whose records people know; ``parts`` the other tables
    :ivar fields: what it adds to records of others
    :ivar documents: what is printed, with the screen it is offered on
    :ivar permissions: declared ones, by name
    :ivar events: what webhooks can be told of
    """

    key: str
    models: Sequence[type[Model]]
    parts: Sequence[type[Model]]
    fields: Sequence[Field]
    screens: Sequence[Screen]
    reports: Sequence[Report]
    pages: Sequence[Page]
    actions: Sequence[Action[Model]]
    tasks: Sequence[Task]
    hooks: Sequence[str]
    documents: Sequence[tuple[Label, Screen]]
    permissions: Sequence[tuple[str, Label]]
    events: Sequence[str]

    @property
    def doors(self) -> list[tuple[Label, str, str | None]]:
        """Give its screens, reports and pages: title, path, and the section of the menu if they stand in one."""
        found: list[tuple[Label, str, str | None]] = [(one.title, one.path, one.menu) for one in self.screens]
        found += [(one.title, one.path, one.menu) for one in self.reports]
        found += [(one.title, one.path, one.menu) for one in self.pages]
        return sorted(found, key=lambda door: (door[2] is None, str(door[0])))

    @property
    def schedules(self) -> list[Task]:
        """Give what the clock sets off."""
        return [task for task in self.tasks if is_scheduled(task)]

    @property
    def jobs(self) -> list[Task]:
        """Give what is done in the background when somebody asks for it."""
        return [task for task in self.tasks if not is_scheduled(task)]

    @property
    def names(self) -> list[str]:
        """Name all its models as activities, imports and held actions do."""
        return [model_name(model) for model in (*self.models, *self.parts)]

    @property
    def rights(self) -> list[str]:
        """Name permissions of which one at least lets somebody do anything with the addon."""
        asked: list[str | None] = [one.permission for one in self.actions]
        asked += [one.permission for one in self.pages]
        asked += [one.permission for one in self.reports]
        own = f"{self.key}."
        return sorted(
            {
                *(str(one) for one in asked if one is not None and str(one).startswith(own)),
                *(verb(model, "read") for model in self.models),
            }
        )


@lru_cache(maxsize=64)
def contents_of(addon: str) -> Contents:
    """Look up what an addon adds."""
    key = installed().key_of(addon)
    own = sorted((one for one in declared_models if one.__addon__ == addon), key=model_name)
    faces = [one for one in own if screen_of(one) is not None]
    return Contents(
        key=key,
        models=faces,
        parts=[one for one in own if screen_of(one) is None],
        fields=[
            field
            for model in declared_models
            if model.__addon__ != addon
            for field in model.__fields__.values()
            if field.addon == addon
        ],
        screens=[one for one in all_screens() if one.addon == addon],
        reports=[one for one in all_reports() if one.addon == addon],
        pages=[one for one in all_pages() if one.addon == addon],
        actions=[one for one in all_actions() if one.addon == addon and not one.hidden],
        tasks=tasks_of(addon),
        hooks=installed().hooks_of(addon),
        documents=list(_documents(addon)),
        permissions=sorted((name, label) for name, label in labels.items() if name.startswith(f"{key}.")),
        events=sorted(_events(addon)),
    )


def _documents(addon: str) -> Iterator[tuple[Label, Screen]]:
    for screen in all_screens():
        for document in screen.documents:
            if getattr(document, "addon", screen.addon) == addon:
                yield document.label, screen


def _events(addon: str) -> Iterator[str]:
    for model in declared_models:
        if model.__addon__ == addon and model.__audited__ and screen_of(model) is not None:
            for kind in (CREATED, UPDATED, DELETED):
                yield f"{model_name(model)}.{kind}"
    for action in all_actions():
        if action.addon == addon and not action.reads:
            yield action.name


def questions_of(ctx: Context, addons: Sequence[str]) -> list[Question]:
    """Give what addons ask before they are set up in a company; what two of them ask is asked once."""
    found: dict[str, Question] = {}
    for asked in installed().call("company_questions", addons, ctx=ctx):
        for question in asked:
            found.setdefault(question.name, question)
    return list(found.values())


__all__ = ["Contents", "contents_of", "questions_of"]
