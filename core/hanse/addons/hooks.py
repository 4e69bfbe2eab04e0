"""Hook specifications: where an addon may join in.  docs/hooks.md lists them; a test compares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import pluggy

from hanse.i18n import Label

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction  # pyright: ignore[reportPrivateUsage]  it has no other name

    from hanse.actions import Action, Context, Records
    from hanse.directory.questions import Question
    from hanse.errors import BusinessError
    from hanse.files import FileStore
    from hanse.models import Model
    from hanse.web.menu import MenuItem

P = ParamSpec("P")
R = TypeVar("R")
PROJECT = "hanse"
_spec = pluggy.HookspecMarker(PROJECT)
_impl = pluggy.HookimplMarker(PROJECT)


def hook(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function of an addon's ``__init__`` (or ``hooks.py``) as an implementation of the hook of its name."""
    return _impl(function)


def is_hook(value: object) -> bool:
    """Tell whether something was marked by :func:`hook`."""
    return hasattr(value, f"{PROJECT}_impl")


@dataclass(frozen=True, slots=True)
class WorkEntry:
    """A line of a section of "my work".

    :ivar path: below the address of Hanse; empty: it leads nowhere
    :ivar hint: beside it, such as a day or an amount
    :ivar tone: of the hint: ok, warn, bad, info, or empty
    """

    title: Label
    path: str = ""
    hint: Label = ""
    tone: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class WorkSection:
    """A section of "my work": what of an addon waits for the person.

    :ivar empty: what is said when there is nothing; empty: the section is left out then
    :ivar path: where all of it is to be found
    """

    title: Label
    entries: Sequence[WorkEntry]
    empty: Label = ""
    path: str = ""
    icon: str = "list-check"
    order: int = 100


@dataclass(frozen=True, slots=True)
class Caution:
    """What a person should know before doing something.

    :ivar field: the attribute it is about, named as in :class:`hanse.BusinessError`
    :ivar record: public name of a model and the id of the record to look at
    :ivar same: that record may be the very one that is changed, so that merging them is offered
    """

    message: Label
    field: str | None = None
    record: tuple[str, int] | None = None
    same: bool = False


class specifications:  # noqa: N801  a namespace of functions, in pluggy's way
    """All hooks of the kernel."""

    @_spec
    def validate(
        self, ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
    ) -> Iterable[BusinessError] | None:
        """Say what stands against an action, before its body runs.

        Called by run() inside the transaction, records locked, for every action of every addon, where the addon is
        on for the company.  Errors that name a ``record`` refuse that record; one that names none refuses all.
        """

    @_spec
    def hold(
        self, ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
    ) -> Iterable[int] | None:
        """Name the ids of those records whose action must wait, for an approval say.

        Called by run() inside the transaction after validation.  What is held is stored and run later, as the
        person who asked, by :func:`hanse.actions.release`.
        """

    @_spec
    def warn(
        self, ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
    ) -> Iterable[Caution] | None:
        """Say what a person should know before an action is done, such as that a new partner may be there already.

        Called by forms before they run the action, outside of any lock, and by nobody else: run() does not ask, so
        a warning stops nobody.  The form shows what is said and runs the action once the person confirms it.
        """

    @_spec
    def merged(
        self, ctx: Context, model: type[Model], survivor: int, losers: Sequence[int], moved: Mapping[str, Sequence[int]]
    ) -> None:
        """Put in order what merging duplicates has left: one default address of two, say.

        Called inside the transaction once for each company whose records were moved, after they were.  ``moved`` gives
        the ids of the records that lead to the survivor now, by model.  What ``ctx.update()`` changes here is undone
        with the merge.
        """

    @_spec
    def attached(self, ctx: Context, records: Records[Any]) -> None:
        """Follow what is attached to records: count their files, say.

        Called inside the transaction and the action that attached files to them or took one away, after it did.
        """

    @_spec
    def menu(self, ctx: Context) -> Iterable[MenuItem] | None:
        """Give menu entries beyond those of screens.  Called once a page, read only."""

    @_spec
    def my_work(self, ctx: Context) -> Iterable[WorkSection] | None:
        """Give sections of "my work", the first page: what of the addon waits for the person of ``ctx``.

        Called for each first page, read only, for addons that the person sees.  Records are read by
        ``ctx.visible()``, a few of them and in one statement; the page waits for it.
        """

    @_spec
    def lifecycle(self, ctx: Context, event: str) -> None:
        """Be told that the addon was ``enabled`` or ``disabled`` in the company of ``ctx``.

        Called inside the transaction that changes the row, for that addon only.
        """

    @_spec
    def roles(self) -> Iterable[tuple[str, Label, Sequence[tuple[str, str]]]] | None:
        """Name the roles that come with the addon: key, name, and permissions with their scopes.

        Called for every installed addon when a database is founded, before there is any company.
        """

    @_spec
    def role_additions(self) -> Mapping[str, Sequence[tuple[str, str]]] | None:
        """Say by key what people of roles that other addons bring need besides: permissions of this addon, with scopes.

        A bridge may also name permissions of what it joins.  Called right after ``roles``; a role that holds a
        permission of an addon already gets no further ones of that addon.
        """

    @_spec
    def company_questions(self, ctx: Context | None) -> Iterable[Question] | None:
        """Say what must be asked before the addon is set up in a company; ``company_created`` gets the answers by name.

        Called for each addon that a new company will have, in order of need, before the company exists: then without
        ``ctx``; and for one that is switched on later, before it is.
        """

    @_spec
    def company_created(self, ctx: Context, answers: Mapping[str, Any]) -> None:
        """Set up a new company from the answers of the set-up assistant.

        Called inside its transaction, in order of need.
        """

    @_spec
    def fiscal_year(self, ctx: Context, on: date) -> date | None:
        """Give the first day of the fiscal year that a day is in; None: the addon knows of none.

        Called when a document is numbered whose sequence shows the fiscal year or begins anew with it, inside the
        transaction, once for each date.  The last addon that answers is believed; without an answer it is January 1st.
        """

    @_spec
    def demo(self, ctx: Context) -> Callable[[Context, FileStore], None] | None:
        """Load demonstration data into the company of ``ctx``.

        Called once, inside its transaction, in order of need.  A function that is given back is called with ``ctx`` and
        the store of files once all addons have loaded theirs, in the same order: for what stands on data of addons it
        does not need.
        """

    @_spec
    def maintained(self, ctx: Context, check: bool) -> Iterable[str] | None:
        """Compare what the addon maintains, such as balances, with what it sums up; say where they differ.

        Called by ``hanse db rebuild-balances`` for every company.  Without ``check`` it computes it anew instead.
        """

    @_spec
    def commands(self, commands: _SubParsersAction[ArgumentParser]) -> None:
        """Add subcommands to ``hanse <key> …``.  Called when the command line starts, without a database."""


def new_manager() -> pluggy.PluginManager:
    """Make a plugin manager that knows the kernel's hooks."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(specifications)
    return manager


__all__ = ["Caution", "WorkEntry", "WorkSection", "hook", "is_hook", "new_manager", "specifications"]
