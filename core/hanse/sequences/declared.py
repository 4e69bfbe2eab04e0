"""The sequences that addons declare."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast

from hanse.i18n import Label, _
from hanse.models.base import ModelError, declared_models, is_built
from hanse.sequences.rules import Counting, NumberRule, Reset, RuleError

if TYPE_CHECKING:
    from hanse.models import Field

_KEY = re.compile(r"[a-z][a-z0-9]*(\.[a-z][a-z0-9_]*){1,3}")


@dataclass(frozen=True)
class Numbering:
    """A kind of number, as its addon declares it.

    :ivar key: the public name, such as ``purchasing.order``
    :ivar counter: what keys of its counters begin with
    :ivar field: the field whose missing values it fills; None: an action asks for numbers
    """

    key: str
    title: Label
    rule: NumberRule
    addon: str
    counter: str
    field: Field | None = None


_declared: dict[str, Numbering] = {}


def sequence(
    key: str,
    *,
    title: Label,
    pattern: str,
    start: int = 1,
    step: int = 1,
    reset: Reset | None = None,
    counting: Counting = Counting.GAPLESS,
    parts: Mapping[str, Label] | None = None,
) -> Numbering:
    """Declare a kind of number that actions ask for with ``ctx.next_numbers(key, …)``.

    A field that is numbered when its record is made says ``number(…, rule="PO{year}-{number:5}")`` instead.

    :param key: begins with the key of the addon
    :param parts: names with labels of what the caller gives for each number, such as the word of a voucher; numbers
        are counted apart for each value that stands in the pattern
    :raises ModelError: another addon has this key, or the rule would give numbers twice
    """
    module = cast("str", sys._getframe(1).f_globals["__name__"])  # pyright: ignore[reportPrivateUsage]  it has no other name
    rule = NumberRule(pattern, start, step, reset, counting, dict(parts or {}))
    if not _KEY.fullmatch(key) or key in _declared:
        raise ModelError(f"sequence {key}: is declared twice, or no name such as purchasing.order")
    refuse_wrong(key, rule)
    _declared[key] = Numbering(key, title, rule, module.partition(".")[0], key)
    return _declared[key]


def refuse_wrong(key: str, rule: NumberRule) -> None:
    """Stop the start when a declared rule is wrong.

    :raises ModelError: naming what is
    """
    try:
        rule.check()
    except RuleError as error:
        raise ModelError(f"sequence {key}: {rule.pattern!r}: {error}") from error


def find_sequence(key: str) -> Numbering | None:
    """Give the sequence with this key."""
    return _declared.get(key) or _of_fields().get(key)


def sequence_of(field: Field) -> Numbering:
    """Give the sequence behind a field that numbers itself."""
    return _of_fields()[_key_of(field)]


def all_sequences() -> list[Numbering]:
    """Give every sequence, by key."""
    everything = _of_fields() | _declared
    return [everything[key] for key in sorted(everything)]


@cache
def _of_fields() -> dict[str, Numbering]:
    """Give a sequence for each field with a rule, once all models are built."""
    fields = [one for model in declared_models if is_built(model) for one in model.__fields__.values() if one.rule]
    return {_key_of(field): _of_field(field) for field in fields}


def _of_field(field: Field) -> Numbering:
    assert field.rule is not None
    rule = field.rule if isinstance(field.rule, NumberRule) else NumberRule(field.rule)
    return Numbering(
        _key_of(field), _title(field), rule, field.addon, f"{field.model.__tablename__}.{field.column}", field
    )


def _key_of(field: Field) -> str:
    return f"{field.model.__tablename__.replace('_', '.', 1)}.{field.name}"


def _title(field: Field) -> Label:
    from hanse.screens import screen_of  # screens need models

    screen = screen_of(field.model)
    return _("%(what)s: %(field)s", what=screen.singular if screen else field.model.__name__, field=field.label)


__all__ = ["Numbering", "all_sequences", "find_sequence", "sequence", "sequence_of"]
