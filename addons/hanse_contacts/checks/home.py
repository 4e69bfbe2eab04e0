"""By which country's rules numbers are judged, and what is raised when they do not fit."""

from __future__ import annotations

from dataclasses import dataclass

from hanse.i18n import Label


class Unfit(ValueError):
    """What was typed cannot be right; the message says why and what would be."""

    def __init__(self, message: Label) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Home:
    """The country by whose rules a partner's numbers are judged.

    :ivar country: ISO 3166 code in capital letters; None: unknown
    :ivar certain: somebody said so, by an address; otherwise it is only the country of our own company
    """

    country: str | None = None
    certain: bool = False
