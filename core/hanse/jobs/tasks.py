"""@job: declare work that is done after the commit that asked for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hanse.actions.params import plain_type, stored_params
from hanse.errors import SetupError
from hanse.i18n import Label
from hanse.models import Choice

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.jobs.progress import Progress

DEFAULT_QUEUE = "default"
MOST_ATTEMPTS = 5
_RESERVED = frozenset({"task", "key", "run_at", "queue"})
_FROM_TEXT: tuple[tuple[type, Callable[[str], Any]], ...] = (
    (datetime, datetime.fromisoformat),
    (date, date.fromisoformat),
    (Decimal, Decimal),
)


class TaskError(SetupError):
    """A task is declared twice, called with the wrong arguments, or no longer there."""


@dataclass(frozen=True, eq=False)
class Task:
    """Work that can be put into the outbox.

    :ivar name: ``<package>.<function>``, as it stands in the outbox
    :ivar addon: the work is done only where this addon is on
    :ivar attempts: how often it is tried before it is given up
    """

    name: str
    function: Callable[..., None]
    label: Label
    addon: str
    queue: str = DEFAULT_QUEUE
    attempts: int = MOST_ATTEMPTS

    def takes(self, name: str) -> bool:
        """Tell whether the function has an argument of this name."""
        return name in inspect.signature(self.function).parameters

    def stored(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Give arguments as the outbox holds them.

        :raises TaskError: one is missing, or the task has no such argument
        """
        signature = inspect.signature(self.function)
        try:
            signature.bind(*[None] * _positional(signature), **args)
        except TypeError as error:
            raise TaskError(f"task {self.name}: {error}") from None
        return stored_params(args)

    def perform(self, ctx: Context, progress: Progress, args: Mapping[str, Any]) -> None:
        """Call the function with arguments out of the outbox."""
        signature = inspect.signature(self.function)
        values = {name: self._restored(signature, name, value) for name, value in args.items()}
        self.function(*[ctx, progress][: _positional(signature)], **values)

    def _restored(self, signature: inspect.Signature, name: str, value: Any) -> Any:
        """Make days, moments, decimals and choices again of the text that JSON holds."""
        note = signature.parameters[name].annotation if name in signature.parameters else Any
        # Only this one: those of ctx and progress may name what only checkers import.
        wanted: Any = plain_type(eval(note, self.function.__globals__) if isinstance(note, str) else note)  # noqa: S307
        if not isinstance(value, str):
            return value
        if isinstance(wanted, type) and issubclass(wanted, Choice):
            return wanted(value)
        return next((read(value) for kind, read in _FROM_TEXT if wanted is kind), value)


def _positional(signature: inspect.Signature) -> int:
    """Count the leading parameters: ``ctx`` alone, or ``ctx, progress``."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(parameter.kind in kinds for parameter in signature.parameters.values())


_tasks: dict[str, Task] = {}
_slow: set[str] = set()


def job(
    *, label: Label, queue: str = DEFAULT_QUEUE, attempts: int = MOST_ATTEMPTS
) -> Callable[[Callable[..., None]], Task]:
    """Make a function a task: ``def print_month(ctx, progress, *, period: str) -> None``.

    It runs in one transaction as the person who asked, and changes data by ``ctx.run()`` as everybody does.  What it
    does to the database happens exactly once; mail and other outside effects may happen again after a crash, so they
    carry ``progress.job`` as their idempotency key.  A :class:`BusinessError` ends it at once, any other error lets it
    be tried again after 2, 4, 8 … seconds.

    :param label: what people see while it runs
    :param queue: those with a queue of their own do not wait behind others
    """

    def register(function: Callable[..., None]) -> Task:
        return register_task(function, label=label, queue=queue, attempts=attempts)

    return register


def register_task(
    function: Callable[..., None], *, label: Label, queue: str = DEFAULT_QUEUE, attempts: int = MOST_ATTEMPTS
) -> Task:
    """Make a function a task under the name of its package.

    :raises TaskError: there is one of this name already, or its arguments are not keyword-only
    """
    addon = function.__module__.partition(".")[0]
    name = f"{addon}.{function.__name__}"
    if name in _tasks:
        raise TaskError(f"task {name}: declared by both {_where(_tasks[name].function)} and {_where(function)}")
    signature = inspect.signature(function)
    if not 1 <= _positional(signature) <= 2:
        raise TaskError(f"task {name}: write def {function.__name__}(ctx, progress, *, …)")
    if taken := _RESERVED & set(signature.parameters):
        raise TaskError(f"task {name}: enqueue() itself has the parameter {min(taken)}; choose another name")
    _tasks[name] = Task(name, function, label, addon, queue, attempts)
    return _tasks[name]


def _where(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def find_task(name: str) -> Task | None:
    """Give the task of this name."""
    return _tasks.get(name)


def tasks_of(addon: str) -> list[Task]:
    """Give the tasks of an addon, by name."""
    return [_tasks[name] for name in sorted(_tasks) if _tasks[name].addon == addon]


def queues() -> list[str]:
    """Name every queue that some task uses."""
    return sorted({DEFAULT_QUEUE, *(task.queue for task in _tasks.values())})


def waits_outside(queue: str) -> str:
    """Say of a queue that its jobs wait for programs elsewhere: they never take all threads.  Give it back."""
    _slow.add(queue)
    return queue


def is_slow(queue: str) -> bool:
    """Tell whether the jobs of a queue wait for programs elsewhere."""
    return queue in _slow


def label_of(name: str) -> Label:
    """Give what people call a task, even one that is no longer there."""
    task = find_task(name)
    return task.label if task else name


__all__ = [
    "Task",
    "TaskError",
    "find_task",
    "is_slow",
    "job",
    "label_of",
    "queues",
    "register_task",
    "tasks_of",
    "waits_outside",
]
