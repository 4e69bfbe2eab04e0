"""Formulas of statement lines: ``DD:1122 + DD:2203 - C:1231[票据]``, ``L1 + L2 - L3``.

A term is a letter or two, a colon, and codes of accounts.  A code stands for its account and all below it.  Words in
brackets narrow the codes before them to accounts whose own name holds one of the words.  ``@income`` stands for all
accounts of a type.

======  =============================================================================================
``D``   the debit balance at the end, negative where it is a credit balance
``C``   the credit balance at the end
``DD``  the sum of those details (account and dimensions) that have a debit balance
``CC``  the sum of those details that have a credit balance
``R``   what was earned in the span: credit less debit, transfers to the profit account left out
``X``   what was spent in the span
``MC``  credit less debit of the span, transfers included
``OD``  the debit balance at the beginning of the span
``CI``  cash that came in for an item of the cash flow statement
``CO``  cash that went out for an item
``PL``  income less expense that no transfer has moved to the profit account yet
``L``   another line of the same statement
======  =============================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

_TERM = re.compile(
    r"\s*(?P<sign>[+-]?)\s*(?:L(?P<line>\d+)|(?P<function>DD|CC|MC|OD|CI|CO|PL|D|C|R|X)"
    r"(?::(?P<codes>[@\w.:]+(?:,[@\w.:]+)*)(?:\[(?P<words>[^\]]+)\])?)?)\s*"
)
#: Terms that name no accounts.
_BARE = frozenset({"PL"})


class FormulaError(ValueError):
    """A formula that cannot be read."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Which accounts a term reads.

    :ivar codes: codes of accounts, or ``@type``
    :ivar words: their name holds one of these; none: whatever their name is
    """

    codes: tuple[str, ...]
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A signed part of a formula: either another line, or a function of accounts.

    :ivar sign: 1 or -1
    """

    sign: int
    function: str
    accounts: Accounts = Accounts(())
    line: int | None = None


@cache
def parse(formula: str) -> tuple[Term, ...]:
    """Read a formula; an empty one has no terms.

    :raises FormulaError: it says where reading ended
    """
    terms: list[Term] = []
    at = 0
    while at < len(formula):
        found = _TERM.match(formula, at)
        if found is None or (terms and not found["sign"]):
            raise FormulaError(f"{formula!r} cannot be read from {formula[at : at + 20]!r} on")
        terms.append(_term(found, formula))
        at = found.end()
    return tuple(terms)


def _term(found: re.Match[str], formula: str) -> Term:
    sign = -1 if found["sign"] == "-" else 1
    if found["line"]:
        return Term(sign, "L", line=int(found["line"]))
    function, codes = found["function"], found["codes"]
    if (codes is None) != (function in _BARE):
        raise FormulaError(f"{formula!r}: {function} {'names no' if codes else 'must name'} accounts")
    words: Sequence[str] = (found["words"] or "").split(",") if found["words"] else ()
    return Term(sign, function, Accounts(tuple((codes or "").split(",")) if codes else (), tuple(words)))
