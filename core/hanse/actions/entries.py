"""What a run has changed so far, record by record: what its audit entries will say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby, repeat
from typing import Any

from hanse.actions import write
from hanse.actions.write.made import HIDDEN, Made
from hanse.models import declared_models
from hanse.models.fields import NOBODY
from hanse.security.permissions import model_name

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
#: A record: the name of its model and its id.
Pair = tuple[str, int]
Changes = dict[str, Any]


class Entries(Mapping[Pair, Changes]):
    """What has changed in each record, field → [before, after], in the order in which the records came up."""

    def __init__(self) -> None:
        self._found: dict[Pair, Changes | Made] = {}

    def __getitem__(self, pair: Pair) -> Changes:
        found = self._found[pair]
        return found.changes(pair[1]) if isinstance(found, Made) else found

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def note(self, model: str, record: int, changes: Mapping[str, Any]) -> None:
        """Remember what changed in a record; the first value a field had and the last it got."""
        entry = self._kept(model, record)
        for name, change in changes.items():
            before = entry.get(name)
            entry[name] = [before[0], change[1]] if before and len(before) == 2 and isinstance(change, list) else change

    def note_line(self, model: str, record: int, name: str, change: Mapping[str, Any]) -> None:
        """Remember what changed in a line that belongs to a record."""
        self._kept(model, record).setdefault(name, []).append(dict(change))

    def note_made(self, model: str, made: Made) -> None:
        """Remember what was inserted."""
        self._found.update(zip(zip(repeat(model), made.ids), repeat(made)))

    def _kept(self, model: str, record: int) -> Changes:
        """Give what is remembered of a record, so that more may be added."""
        pair = model, record
        found = self._found.get(pair)
        if isinstance(found, dict):
            return found
        fresh = self._found[pair] = {} if found is None else found.changes(record)
        return fresh

    def lines(self) -> str:
        """Write the changes of each record as a line of JSON, without what nobody may see.

        :raises ValueError: something that was noted holds a NUL, which neither text nor jsonb can
        """
        parts: list[str] = []
        written: dict[Made, dict[int, str]] = {}
        for made, group in groupby(self._found.items(), lambda item: item[1] if isinstance(item[1], Made) else None):
            pairs = [pair for pair, _found in group]
            if made is None:
                parts += [write.dumps(_without_secrets(model, self[model, record])) for model, record in pairs]
                continue
            if made not in written:
                documents = made.documents(_secrets().get(pairs[0][0], ()))
                if len(pairs) == len(documents):  # none of them has changed again
                    parts += documents
                    continue
                written[made] = dict(zip(made.ids, documents, strict=True))
            parts += [written[made][record] for _model, record in pairs]
        text = "\n".join(parts)
        if "\\u0000" in text and _NUL.search(text):
            raise ValueError("the audit log cannot hold a NUL")
        return text


@cache
def _secrets() -> Mapping[str, frozenset[str]]:
    """Name the fields that nobody may see, by model; the log tells that they changed, never from what to what."""
    hidden = [one for model in declared_models for one in model.__fields__.values() if one.read == NOBODY]
    return {
        name: frozenset(one.name for one in hidden if model_name(one.model) == name)
        for name in {model_name(one.model) for one in hidden}
    }


def _without_secrets(model: str, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    hidden = _secrets().get(model)
    if not hidden:
        return changes
    return {name: HIDDEN if name in hidden else change for name, change in changes.items()}
