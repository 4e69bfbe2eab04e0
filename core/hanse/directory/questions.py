"""What addons ask in the set-up assistant before they set up a new company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from hanse.i18n import Label

Kind = Literal["choice", "text", "number", "month", "date", "flag"]


@dataclass(frozen=True)
class Question:
    """A question to whoever founds a company.

    :param name: the key of the answer in ``company_created(ctx, answers)``; the same name from two addons is asked once
    :param kind: ``choice text number month date flag``; answers: text, ``int``, ``(year, month)``, ``date``, ``bool``
    :param choices: value and label, for a choice
    """

    name: str
    label: Label
    kind: Kind = "text"
    choices: Sequence[tuple[str, Label]] = ()
    default: str = ""
    help: Label = ""
    required: bool = True

    def read(self, text: str) -> str | int | bool | date | tuple[int, int] | None:
        """Give the answer that was typed; None for none.

        :raises ValueError: it does not fit
        """
        text = text.strip()
        if self.kind == "flag":
            return text in ("1", "on", "yes")
        if not text:
            return None
        if self.kind == "choice" and text not in [value for value, _label in self.choices]:
            raise ValueError(text)
        if self.kind == "number":
            return int(text)
        if self.kind == "date":
            return date.fromisoformat(text)
        if self.kind == "month":
            first = date.fromisoformat(f"{text}-01")
            return first.year, first.month
        return text
