"""Bring contents from one store to another, while Hanse goes on working.

What is there already is left out, so a copy that was interrupted goes on where it stopped, and a second one takes
along what was stored meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hanse.errors import NotFound
from hanse.files.store import Damaged, FileStore, digest_of


@dataclass
class Copied:
    """What a copy has done.

    :ivar there: contents that the target had before
    :ivar damaged: keys whose bytes at the source are no longer what they were; they are not copied
    """

    count: int = 0
    bytes: int = 0
    there: int = 0
    damaged: list[str] = field(default_factory=list[str])


def copy(source: FileStore, target: FileStore, tell: Callable[[Copied], None] = lambda _done: None) -> Copied:
    """Copy every content that the target lacks; the target reckons each key anew from the bytes it gets.

    :param tell: is told after each content
    :raises StoreAway: one of both cannot be reached; what was copied before stays
    """
    there = {one.key: one.size for one in target.contents()}
    done = Copied()
    for one in source.contents():
        if there.get(one.key) == one.size:
            done.there += 1
        elif _copy_one(source, target, one.key, done):
            done.count, done.bytes = done.count + 1, done.bytes + one.size
        tell(done)
    return done


def _copy_one(source: FileStore, target: FileStore, key: str, done: Copied) -> bool:
    try:
        stored = source.open(key)
    except NotFound:  # tidied away meanwhile: no row names it
        return False
    except Damaged:
        done.damaged.append(key)
        return False
    with stored:
        if digest_of(stored) != key:
            done.damaged.append(key)
            return False
        stored.seek(0)
        target.store(stored)
    return True


__all__ = ["Copied", "copy"]
