"""What a ``file()`` field holds: which stored bytes, how many, and under what name."""

from __future__ import annotations

import re
from typing import Self

from hanse.files.kinds import PICTURES, media_type_of

#: What the database checks of every column of such fields.
PATTERN = "^[0-9a-f]{64}/[0-9]+/[^/]+$"
_TEXT = re.compile(r"([0-9a-f]{64})/([0-9]{1,15})/([^/\0]{1,200})")


class StoredFile(str):
    """A file in the file store, as one text: key, size and name, ``"<sha256>/48213/portrait.jpg"``.

    Knowing the text is no right to the bytes: what a person writes into a field they have uploaded themselves, or it
    stands there already (:func:`hanse.files.uploads.check`).

    :raises ValueError: the text is none
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if _TEXT.fullmatch(text) is None:
            raise ValueError(f"{text!r:.80} is no stored file")
        return super().__new__(cls, text)

    @classmethod
    def of(cls, key: str, size: int, name: str) -> Self:
        """Put key, size in bytes and name together."""
        return cls(f"{key}/{size}/{name}")

    @property
    def key(self) -> str:
        """Its key in the file store, 64 characters."""
        return self[:64]

    @property
    def size(self) -> int:
        """Its number of bytes."""
        return int(self.split("/", 2)[1])

    @property
    def name(self) -> str:
        """What it was called where it came from."""
        return self.split("/", 2)[2]

    @property
    def media_type(self) -> str:
        """Its type: what it was checked against when it was uploaded."""
        return media_type_of(self.name)

    @property
    def is_picture(self) -> bool:
        """Whether small pictures are made of it."""
        return self.media_type in PICTURES


__all__ = ["PATTERN", "StoredFile"]
