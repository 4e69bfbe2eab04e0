"""@action: declare a verb on the records of a model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar, Unpack, cast

from hanse.i18n import Label
from hanse.models import Choice, Model, ModelError
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions.context import Context
    from hanse.actions.records import Records

T = TypeVar("T", bound=Model)


@dataclass(frozen=True)
class Param:
    """A parameter of an action, as forms, API and stored actions see it."""

    name: str
    annotation: Any
    required: bool
    default: Any
    label: Label


@dataclass(frozen=True, eq=False)
class Action(Generic[T]):
    """A verb on the records of a model.  Call it through ``ctx.run(action, records, …)`` only.

    :ivar name: ``<addon>.<model>.<verb>``, the same in URLs, audit and stored actions
    :ivar moves: the states it starts from and the one it ends in
    :ivar reads: it changes nothing and locks nothing
    :ivar creates: it works without records and makes them
    """

    name: str
    model: type[T]
    function: Callable[..., Any]
    label: Label
    permission: str
    addon: str
    params: Mapping[str, Param]
    moves: tuple[tuple[Choice, ...], Choice] | None = None
    reads: bool = False
    creates: bool = False
    deletes: bool = False
    confirm: Label | None = None
    icon: str | None = None
    primary: bool = False
    hidden: bool = False
    private: bool = False
    #: locks its records as deleting does, so that nothing new can refer to them meanwhile
    exclusive: bool = False
    #: part of other actions only: nobody starts it, whatever they may do
    inner: bool = False
    #: it answers a question, without records: a mapping that programs get as JSON
    asks: bool = False
    #: the page below the list that asks for its parameters, instead of a dialog
    page: str | None = None
    #: required fields that an addon's own ``create`` fills where values leave them out: imports need not bring them
    fills: tuple[str, ...] = ()
    done: Label | None = None
    #: says of a record whether its page offers the action; None: whenever ``moves`` allows it
    offered: Callable[[Any], bool] | None = None
    #: name of the field that ``moves`` sets
    state: str = "state"
    handlers: list[Callable[..., None]] = field(default_factory=list[Callable[..., None]])

    @property
    def verb(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    @property
    def alone(self) -> bool:
        """Whether it works without records: it makes them, or asks about none in particular."""
        return self.creates or self.asks

    def __repr__(self) -> str:
        return f"<action {self.name}>"


_actions: dict[str, Action[Any]] = {}
_by_function: dict[Callable[..., Any], Action[Any]] = {}


class Rare(TypedDict, total=False):
    """What few actions say of themselves."""

    #: its parameters are nobody else's business; it is never held, as that would store them
    private: bool
    #: lock the records against new references too, as deleting does
    exclusive: bool
    #: only other actions run it; no program, page or permission starts it
    inner: bool
    #: it takes no records and changes nothing, but answers with a mapping: what a scanned code means
    asks: bool
    #: the page below the list, or below a record, that asks for the parameters
    page: str | None
    #: required fields that the body of ``create`` fills where values leave them out
    fills: tuple[str, ...]


def action(
    model: type[T],
    *,
    label: Label,
    permission: str,
    moves: tuple[Choice | Sequence[Choice], Choice] | None = None,
    reads: bool = False,
    creates: bool = False,
    deletes: bool = False,
    confirm: Label | None = None,
    icon: str | None = None,
    primary: bool = False,
    hidden: bool = False,
    done: Label | None = None,
    labels: Mapping[str, Label] | None = None,
    offered: Callable[[T], bool] | None = None,
    name: str | None = None,
    **rare: Unpack[Rare],
) -> Callable[[Callable[..., Any]], Action[T]]:
    """Register a function ``verb(ctx, records, *, …)`` as an action on ``model``.

    :param moves: ``(FROM, TO)`` or ``((FROM, FROM2), TO)``: checked before the body, set after it
    :param labels: of the parameters, for the dialog that asks for them
    :param confirm: a question to ask first
    :param done: what to tell afterwards; ``%(count)s`` is the number of records
    :param offered: says of a record whether its page shows a button for it; what is not shown is not refused
    """

    def register(function: Callable[..., Any]) -> Action[T]:
        full = f"{model_name(model)}.{name or function.__name__}"
        if full in _actions:
            raise ModelError(f"action {full}: declared by both {_actions[full].function} and {function}")
        if rare.get("asks") and not (reads and hidden):
            raise ModelError(f"action {full}: what only asks is declared with reads=True and hidden=True")
        result = Action(
            name=full,
            model=model,
            function=function,
            label=label,
            permission=str(permission),
            addon=function.__module__.partition(".")[0],
            params=_params(function, labels or {}),
            moves=_moves(moves),
            reads=reads,
            creates=creates,
            deletes=deletes,
            confirm=confirm,
            icon=icon,
            primary=primary,
            hidden=hidden,
            done=done,
            offered=offered,
            **rare,
        )
        _actions[full] = result
        return result

    return register


def _moves(moves: tuple[Choice | Sequence[Choice], Choice] | None) -> tuple[tuple[Choice, ...], Choice] | None:
    if moves is None:
        return None
    start, end = moves
    return ((start,) if isinstance(start, Choice) else tuple(start)), end


def _params(function: Callable[..., Any], labels: Mapping[str, Label]) -> dict[str, Param]:
    signature = inspect.signature(function)
    found: dict[str, Param] = {}
    for name, parameter in list(signature.parameters.items())[2:]:
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise ModelError(f"{function.__module__}.{function.__name__}: parameter {name} must be keyword-only")
        required = parameter.default is inspect.Parameter.empty
        default = None if required else parameter.default
        label = labels.get(name, name.replace("_", " ").capitalize())
        found[name] = Param(name, _annotation(function, parameter.annotation), required, default, label)
    return found


def _annotation(function: Callable[..., Any], note: Any) -> Any:
    """Evaluate one annotation; those of ctx and records may name what only checkers import."""
    return eval(note, function.__globals__) if isinstance(note, str) else note  # noqa: S307  our own source


def find_action(name: str) -> Action[Any] | None:
    """Give the action of this full name."""
    return _actions.get(name)


def all_actions() -> list[Action[Any]]:
    """Give every action, by name."""
    return [_actions[name] for name in sorted(_actions)]


def actions_of(model: type[Model]) -> list[Action[Any]]:
    """Give the actions on a model in the order of their declaration."""
    return [one for one in _actions.values() if one.model is model]


def after(
    watched: Action[T],
) -> Callable[[Callable[[Context, Records[T]], None]], Callable[[Context, Records[T]], None]]:
    """Call a function once an action's transaction is committed, as a job: exactly once, retried when it fails."""

    def register(function: Callable[[Context, Records[T]], None]) -> Callable[[Context, Records[T]], None]:
        watched.handlers.append(cast("Callable[..., None]", function))
        return function

    return register
