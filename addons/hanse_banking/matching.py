"""Which lines of the bank and entries of the books are the same money: proposals with reason and score, and shares.

Pure functions: nothing is read or written here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import combinations

from hanse import BusinessError, _
from hanse.i18n import Label
from hanse_banking.items import ZERO, Item, total

#: A proposal with this score, or a better one, and without a rival is certain.
CERTAIN = 80
#: So many items make a group at most, out of so many that lie near.
_GROUP, _NEAR = 4, 14
_SAME_DAY, _TOLD, _NAMED, _AMOUNT = 20, 30, 20, 50


@dataclass(frozen=True, slots=True)
class Proposal:
    """Lines and entries that may be the same money.

    :ivar score: of 100
    :ivar certain: good enough to be accepted unseen: no other item could be meant
    """

    lines: tuple[int, ...]
    entries: tuple[int, ...]
    score: int
    reason: Label
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """What of an item is matched."""

    item: Item
    amount: Decimal


def propose(lines: Sequence[Item], entries: Sequence[Item], days: int) -> list[Proposal]:
    """Propose matches, the best first; no item occurs twice.

    :param days: how far days may lie apart
    """
    whole_lines = [one for one in lines if one.rest]
    whole_entries = [one for one in entries if one.rest]
    used_lines: set[int] = set()
    used_entries: set[int] = set()
    found: list[Proposal] = []
    for ways in (_written, _reversed, _pairs, _groups):
        left = [one for one in whole_lines if one.id not in used_lines]
        there = [one for one in whole_entries if one.id not in used_entries]
        for proposal in sorted(ways(left, there, days), key=lambda one: (-one.score, one.lines, one.entries)):
            if used_lines.isdisjoint(proposal.lines) and used_entries.isdisjoint(proposal.entries):
                found.append(proposal)
                used_lines.update(proposal.lines)
                used_entries.update(proposal.entries)
    return sorted(found, key=lambda one: (-one.score, one.lines, one.entries))


def _written(lines: Sequence[Item], entries: Sequence[Item], _days: int) -> Iterator[Proposal]:
    """Match lines with the vouchers that were written for them."""
    by_voucher: dict[int, list[Item]] = defaultdict(list)
    for one in entries:
        if one.voucher is not None:
            by_voucher[one.voucher].append(one)
    for line in lines:
        for entry in by_voucher.get(line.voucher or 0, ()):
            if entry.rest == line.rest:
                yield Proposal((line.id,), (entry.id,), 100, _("Its voucher was written for this line"), certain=True)


def _reversed(_lines: Sequence[Item], entries: Sequence[Item], _days: int) -> Iterator[Proposal]:
    """Match entries with their red reversal: the bank knows of neither."""
    by_voucher: dict[int, list[Item]] = defaultdict(list)
    for one in entries:
        if one.voucher is not None:
            by_voucher[one.voucher].append(one)
    for red in entries:
        for original in by_voucher.get(red.reverses or 0, ()):
            if original.rest == -red.rest:
                yield Proposal((), (original.id, red.id), 95, _("Reversed in red"), certain=True)


def _apart(one: Item, other: Item) -> int:
    return abs((one.day - other.day).days)


def told_in(line: Item, entry: Item) -> tuple[int, Label | None]:
    """Say how far the text of an entry names the line: by its reference, or by its counterparty."""
    words = entry.words.casefold()
    if len(line.reference) >= 4 and line.reference.casefold() in words:
        return _TOLD, _("the reference stands in the summary")
    for name in (line.counterparty, line.counterparty_account):
        if len(name) >= 2 and name.casefold() in words:
            return _NAMED, _("the counterparty stands in the summary")
    return 0, None


def _score(line: Item, entry: Item, days: int) -> int:
    near = _SAME_DAY * (days + 1 - _apart(line, entry)) // (days + 1)
    return _AMOUNT + near + told_in(line, entry)[0]


def _pairs(lines: Sequence[Item], entries: Sequence[Item], days: int) -> Iterator[Proposal]:
    """Match one with one: the same amount, days that lie near."""
    by_amount: dict[Decimal, list[Item]] = defaultdict(list)
    for one in entries:
        by_amount[one.rest].append(one)
    near = {line.id: [entry for entry in by_amount.get(line.rest, ()) if _apart(line, entry) <= days] for line in lines}
    rivals: dict[int, int] = defaultdict(int)
    for found in near.values():
        for entry in found:
            rivals[entry.id] += 1
    for line in lines:
        scores = sorted((_score(line, entry, days) for entry in near[line.id]), reverse=True)
        for entry in near[line.id]:
            score, (bonus, told) = _score(line, entry, days), told_in(line, entry)
            alone = len(scores) == 1 and rivals[entry.id] == 1
            decided = bonus == _TOLD and scores.count(score) == 1
            score = min(99, score + (20 if alone else 0))
            apart = _apart(line, entry)
            reason = _("Same amount, %(days)s days apart", days=apart) if apart else _("Same amount and day")
            if told is not None:
                reason = _("%(reason)s; %(told)s", reason=reason, told=told)
            certain = score >= CERTAIN and (alone or decided)
            yield Proposal((line.id,), (entry.id,), score, reason, certain=certain)


def _groups(lines: Sequence[Item], entries: Sequence[Item], days: int) -> Iterator[Proposal]:
    """Match one with several whose sum it is."""
    for one in lines:
        for group in _sums(one, entries, days, partial(_told, one)):
            yield _grouped((one,), group, days)
    for one in entries:
        for group in _sums(one, lines, days, partial(_telling, one)):
            yield _grouped(group, (one,), days)


def _told(line: Item, entry: Item) -> int:
    return told_in(line, entry)[0]


def _telling(entry: Item, line: Item) -> int:
    return told_in(line, entry)[0]


def _grouped(lines: Sequence[Item], entries: Sequence[Item], days: int) -> Proposal:
    apart = max(_apart(line, entry) for line in lines for entry in entries)
    named = all(told_in(line, entry)[0] for line in lines for entry in entries)
    score = 40 + 15 * (days + 1 - apart) // (days + 1) + (20 if named else 0)
    reason = _("Sum of %(count)s, up to %(days)s days apart", count=max(len(lines), len(entries)), days=apart)
    return Proposal(tuple(one.id for one in lines), tuple(one.id for one in entries), score, reason)


def _sums(one: Item, others: Sequence[Item], days: int, told: Callable[[Item], int]) -> Iterator[Sequence[Item]]:
    """Find groups on the other side that add up to an item: all of one voucher, day or name first, then any few."""
    near = [
        other
        for other in others
        if _apart(one, other) <= days and (other.rest > 0) == (one.rest > 0) and abs(other.rest) < abs(one.rest)
    ]
    kin: dict[object, list[Item]] = defaultdict(list)
    for other in near:
        for key in {
            ("voucher", other.voucher),
            ("day", other.day),
            ("name", other.counterparty),
            ("told", told(other) > 0),
        }:
            if key[1]:
                kin[key].append(other)
    for group in kin.values():
        if len(group) > 1 and total(group) == one.rest:
            yield group
            return
    nearest = sorted(near, key=lambda other: (-told(other), _apart(one, other), other.id))[:_NEAR]
    for size in range(2, _GROUP + 1):
        for chosen in combinations(nearest, size):
            if total(chosen) == one.rest:
                yield chosen
                return


# --- shares -----------------------------------------------------------------------------------------------------------


def shares(lines: Sequence[Item], entries: Sequence[Item], *, partly: bool = False) -> tuple[list[Share], list[Share]]:
    """Say what of each item is matched when these are taken for the same money.

    :param partly: where the sums differ, the smaller one counts, oldest items first, and the rest stays open
    :raises BusinessError: nothing is chosen, something is matched already, or the sums differ
    """
    if not lines and not entries:
        raise BusinessError(_("Choose lines of the bank and entries of the books."))
    if any(not one.rest for one in (*lines, *entries)):
        raise BusinessError(_("One of these is matched already. Look at the page again."))
    left, right = total(lines), total(entries)
    if left == right:
        return [Share(one, one.rest) for one in lines], [Share(one, one.rest) for one in entries]
    one_way = len({one.rest > 0 for one in (*lines, *entries)}) == 1
    if not partly or not one_way or not left or not right:
        raise BusinessError(
            _(
                "The bank's lines make %(bank)s, the entries %(books)s: they differ by %(difference)s.",
                bank=left,
                books=right,
                difference=abs(left - right),
            )
        )
    matched = min(left, right, key=abs)
    return _taken(lines, matched), _taken(entries, matched)


def _taken(items: Iterable[Item], amount: Decimal) -> list[Share]:
    found: list[Share] = []
    for one in sorted(items, key=lambda one: (one.day, one.id)):
        part = min(one.rest, amount, key=abs)
        if part:
            found.append(Share(one, part))
            amount -= part
    return found


def last_day(parts: Iterable[Share]) -> date:
    """Give the latest day among what is matched."""
    return max(one.item.day for one in parts)


__all__ = ["CERTAIN", "ZERO", "Proposal", "Share", "last_day", "propose", "shares", "told_in"]
