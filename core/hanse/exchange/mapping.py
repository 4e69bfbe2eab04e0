"""Mapping: which column becomes which field, guessed, remembered and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select

from hanse.errors import BusinessError, raise_all
from hanse.exchange.headings import plain_words
from hanse.exchange.models import Import
from hanse.exchange.targets import Targets, needed
from hanse.i18n import _
from hanse.models import Kind, Model
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions import Context

#: Take everything or nothing; or leave out the bad rows.
ALL, SKIP = "all", "skip"
#: How 03/04/2026 is meant, where it could be two days; and how a number with a fraction is written.
DAY_ORDERS = ("", "dmy", "mdy")
MARKS = (".", ",")
_ALIKE = 0.9
_REMEMBERED = 20


@dataclass(frozen=True)
class ColumnMap:
    """How the columns of a file are understood.

    :ivar columns: for each column the path of its target; empty: it is left out
    :ivar constants: path → text that every record gets
    :ivar match: paths of the fields by which a record that is there is found
    :ivar replace: path → text in the file → text to take instead
    """

    columns: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    match: tuple[str, ...] = ()
    replace: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    days: str = ""
    mark: str = "."
    mode: str = ALL

    def stored(self) -> dict[str, Any]:
        """Give it as JSON holds it."""
        return asdict(self)

    @property
    def paths(self) -> set[str]:
        """The paths that get values."""
        return {path for path in self.columns if path} | set(self.constants)


def restored(stored: Mapping[str, Any]) -> ColumnMap:
    """Read what :meth:`ColumnMap.stored` gave, or what a person wrote for the command line.

    :raises BusinessError: a part is not of its kind
    """
    try:
        replace = {str(path): _texts(values) for path, values in dict(stored.get("replace") or {}).items()}
        return ColumnMap(
            columns=tuple(str(path) for path in stored.get("columns") or ()),
            constants=_texts(stored.get("constants") or {}),
            match=tuple(str(path) for path in stored.get("match") or ()),
            replace=replace,
            days=_one_of(stored.get("days") or "", DAY_ORDERS),
            mark=_one_of(stored.get("mark") or ".", MARKS),
            mode=_one_of(stored.get("mode") or ALL, (ALL, SKIP)),
        )
    except (TypeError, ValueError, AttributeError):
        raise BusinessError(_("The mapping is not as docs/import.md describes it.")) from None


def _texts(values: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in dict(values).items()}


def _one_of(value: Any, known: Sequence[str]) -> str:
    if value not in known:
        raise ValueError(value)
    return str(value)


def by_headings(stored: Mapping[str, Any], headings: Sequence[str]) -> ColumnMap:
    """Read a mapping whose columns are named by their headings: ``{"columns": {"Company": "name"}}``.

    :raises BusinessError: a heading is not in the file
    """
    columns = stored.get("columns")
    if isinstance(columns, dict):
        named = _texts(cast("Any", columns))
        if unknown := [name for name in named if name not in headings]:
            raise BusinessError(
                _("The file has no column “%(name)s”. It has: %(names)s.", name=unknown[0], names=", ".join(headings))
            )
        return restored({**stored, "columns": [named.get(name, "") for name in headings]})
    return restored(stored)


def check_mapping(model: type[Model], targets: Targets, mapping: ColumnMap, headings: Sequence[str]) -> None:
    """Refuse a mapping that cannot work, before any row is looked at.

    :raises BusinessError: all that is wrong with it; ``field`` is ``column-3``, ``constant``, or None
    """
    errors: list[BusinessError] = []
    seen: dict[str, int] = {}
    for place, path in enumerate(mapping.columns):
        if not path:
            continue
        if path not in targets:
            errors.append(_unknown(model, path, f"column-{place}"))
        elif path in seen:
            message = _("Two columns become %(field)s. Leave one of them out.", field=targets[path].label)
            errors.append(BusinessError(message, field=f"column-{place}"))
        seen[path] = place
    errors += [_unknown(model, path, "constant") for path in mapping.constants if path not in targets]
    if not seen:
        errors.append(BusinessError(_("Say for at least one column what it is.")))
    if len(mapping.columns) > len(headings):
        errors.append(BusinessError(_("The mapping has more columns than the file.")))
    for path in mapping.match:
        if path not in mapping.paths or targets[path].lines is not None or targets[path].field.per_company:
            errors.append(BusinessError(_("Records can be found only by fields of their own that have a column.")))
    if not mapping.match:
        errors += [
            BusinessError(_("%(field)s is needed for new records, but no column becomes it.", field=one.label))
            for one in needed(model)
            if one.name not in mapping.paths
        ]
    raise_all(errors)


def _unknown(model: type[Model], path: str, place: str) -> BusinessError:
    field = model.__fields__.get(path)
    if field is not None and field.kind is Kind.FILE:
        return BusinessError(
            _("%(field)s holds files, which a sheet does not bring. Upload them.", field=field.label), field=place
        )
    return BusinessError(_("There is no field “%(name)s” that you may write.", name=path), field=place)


# --- guessing ---------------------------------------------------------------------------------------------------------


def propose(ctx: Context, model: type[Model], targets: Targets, headings: Sequence[str], print_: str) -> ColumnMap:
    """Propose a mapping: the one this person used for the same headings, else column by column.

    :param print_: the fingerprint of the headings
    """
    earlier = _earlier(ctx, model)
    for one, _names, mapping in earlier:
        if one == print_:
            known = [path if path in targets else "" for path in mapping.columns]
            return restored({**mapping.stored(), "columns": known})
    remembered: dict[str, str] = {}
    replace: dict[str, dict[str, str]] = {}
    for _print, names, mapping in reversed(earlier):
        remembered |= {plain_words(name): path for name, path in zip(names, mapping.columns, strict=False) if path}
        for path, texts in mapping.replace.items():
            replace.setdefault(path, {}).update(texts)
    return ColumnMap(columns=tuple(_guess(targets, headings, remembered)), replace=replace)


def _earlier(ctx: Context, model: type[Model]) -> list[tuple[str, list[str], ColumnMap]]:
    """Give fingerprint, headings and mapping of this person's latest imports into a model, the newest first."""
    query = (
        select(Import.fingerprint, Import.headers, Import.mapping)
        .where(
            Import.company_id == ctx.company.id,
            Import.user.is_(ctx.user.id),
            Import.model == model_name(model),
            Import.mapping != {},
        )
        .order_by(Import.id.desc())
        .limit(_REMEMBERED)
    )
    return [(row[0], [str(name) for name in row[1]], restored(row[2])) for row in ctx.session.execute(query)]


def _guess(targets: Targets, headings: Sequence[str], remembered: Mapping[str, str]) -> list[str]:
    """Say what each heading means; no field is meant twice."""
    names = _names(targets)
    taken: set[str] = set()
    result = [""] * len(headings)
    finders: tuple[Callable[[str], str | None], ...] = (remembered.get, names.get, partial(_alike, names))
    for finder in finders:
        for place, heading in enumerate(headings):
            if not result[place]:
                path = finder(plain_words(heading)) or ""
                if path in targets and path not in taken:
                    result[place] = path
                    taken.add(path)
    return result


def _names(targets: Targets) -> dict[str, str]:
    """Give what each target is called; a line's field also by its own name where nothing else is called that."""
    names: dict[str, str] = {}
    for path, target in targets.items():
        for name in target.names():
            names.setdefault(plain_words(name), path)
    short: dict[str, set[str]] = {}
    for path, target in targets.items():
        for name in target.short_names():
            short.setdefault(plain_words(name), set()).add(path)
    return {name: next(iter(paths)) for name, paths in short.items() if len(paths) == 1} | names


def _alike(names: Mapping[str, str], words: str) -> str:
    """Give the target whose name differs by a letter or two."""
    if len(words) < 4:
        return ""
    scores = ((SequenceMatcher(None, words, name).ratio(), path) for name, path in names.items())
    score, path = max(scores, default=(0.0, ""))
    return path if score >= _ALIKE else ""


def sides(values: Iterable[str]) -> str:
    """Tell from texts whether fractions are written behind a comma; unless something says so, behind a point."""
    comma = point = 0
    for text in values:
        head, _mark, tail = text.rpartition(",")
        comma += head.replace(".", "").lstrip("-").isdigit() and tail.isdigit() and len(tail) != 3
        point += "." in text and text.rpartition(".")[2].isdigit() and len(text.rpartition(".")[2]) != 3
    return "," if comma > point else "."


__all__ = [
    "ALL",
    "DAY_ORDERS",
    "MARKS",
    "SKIP",
    "ColumnMap",
    "by_headings",
    "check_mapping",
    "propose",
    "restored",
    "sides",
]
