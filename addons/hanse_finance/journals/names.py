"""Names of accounts, currencies and tags as each format allows them; different ones stay different.

What is not allowed is replaced, so a name may differ from ours: the declaration beside it carries ours, and leads back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from hanse_finance.journals.content import Commodity, JournalAccount
from hanse_finance.models import AccountType, Side

#: What tells the amounts that a price cannot: those whose amount in the company's currency is of another sign, or none.
CONVERSION: Final = "Equity:Conversion"
_ROOTS: Final = {
    AccountType.ASSET: "Assets",
    AccountType.COST: "Assets",  # work in progress is part of the inventory
    AccountType.LIABILITY: "Liabilities",
    AccountType.EQUITY: "Equity",
    AccountType.INCOME: "Income",
    AccountType.EXPENSE: "Expenses",
}
#: How people already begin names of accounts; it is not said twice.
_SAME_ROOT: Final = {
    "Assets": {"assets", "asset"},
    "Liabilities": {"liabilities", "liability"},
    "Equity": {"equity"},
    "Income": {"income"},
    "Expenses": {"expenses", "expense"},
}
#: The tags we write ourselves.
TAGS: Final = (
    "code", "name", "kind", "attachments", "maker", "auditor", "poster", "reverses", "summary", "red", "foreign",
    "rate",
)  # fmt: skip
#: Tags that mean something to one of the programs.
_TAKEN_TAGS: Final = {
    *TAGS, "date", "date2", "type", "t", "assert", "retain", "start", "payee", "note", "value", "uuid", "filename",
    "lineno", "generated-transaction", "generated-posting", "modified-transaction", "modified-posting", "cost",
}  # fmt: skip
_DASH: Final = "-"
#: Signs that plain-text journals have no way to escape → what looks like them.
_LOOKALIKES: Final = str.maketrans(
    {";": "；", "|": "｜", "[": "［", "]": "］", '"': "″", "\\": "＼", ",": "，", ":": "："}
)
_IN_ACCOUNTS: Final = str.maketrans({";": "；", ":": "："})
_SAYS_TRUE: Final = ("TRUE", "FALSE", "NULL")
_MOST_SIGNS: Final = 24


def one_line(text: str) -> str:
    """Give a text with single spaces and nothing that moves a cursor."""
    kept = (sign for sign in text if sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cf", "Cs"))
    return " ".join("".join(kept).split())


def harmless(text: str) -> str:
    """Give a text that neither ends a field of hledger or ledger nor begins a tag, a date or a comment in it."""
    return one_line(text).translate(_LOOKALIKES)


def quoted(text: str) -> str:
    """Write a text of beancount."""
    return '"' + one_line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Distinct:
    """Gives names, each only once: the second gets a number."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def __call__(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self._taken:
            count += 1
            name = f"{wanted}{_DASH}{count}"
        self._taken.add(name)
        return name


# --- accounts ---------------------------------------------------------------------------------------------------------


def account_names(accounts: Iterable[JournalAccount], component: Callable[[str], str]) -> dict[int, str]:
    """Name accounts by root and all that stand above: ``Assets:1002 银行存款:100201 工商银行``.

    :param component: writes one part of a name as the format allows it, never empty
    """
    there = {account.id: account for account in accounts}
    distinct = _Distinct([CONVERSION])
    paths: dict[tuple[int, str], str] = {}

    def path(account: JournalAccount, root: str) -> str:
        if (account.id, root) not in paths:
            parent = there.get(account.parent) if account.parent is not None else None
            above = root if parent is None else path(parent, root)
            parts = _parts(account, parent, root)
            paths[account.id, root] = distinct(":".join([above, *map(component, parts)]))
        return paths[account.id, root]

    return {account.id: path(account, root_of(account)) for account in _parents_first(there)}


def _parents_first(there: Mapping[int, JournalAccount]) -> list[JournalAccount]:
    """Order accounts by code, so that names do not depend on ids."""
    return sorted(there.values(), key=lambda account: (account.code, account.id))


def root_of(account: JournalAccount) -> str:
    """Give which of the five kinds of account it is; a common one (共同) is what its side says."""
    if account.type is AccountType.COMMON:
        return "Assets" if account.side is Side.DEBIT else "Liabilities"
    return _ROOTS[account.type]


def _parts(account: JournalAccount, parent: JournalAccount | None, root: str) -> list[str]:
    """Give the last part of a name; a code that is itself a path, as imported ones are, gives several."""
    if account.code != account.title:
        own = account.title.removeprefix(f"{parent.title}{_DASH}") if parent else account.title
        return [f"{account.code} {own}"]
    parts = [part for part in account.code.split(":") if part.strip()] or [account.code]
    if parent is None and len(parts) > 1 and parts[0].strip().casefold() in _SAME_ROOT[root]:
        return parts[1:]
    return parts


def spoken_component(part: str) -> str:
    """Write a part of a name for hledger and ledger, which allow nearly everything."""
    return one_line(part).translate(_IN_ACCOUNTS) or "_"


def strict_component(part: str) -> str:
    """Write a part of a name for beancount: letters, digits and dashes, the first a capital letter or a digit."""
    text = unicodedata.normalize("NFC", one_line(part))
    kept = "".join(sign if _is_word(sign) else _DASH for sign in text)
    kept = re.sub(r"-{2,}", _DASH, kept).strip(_DASH) or "X"
    if not _is_capital(kept[0]):
        kept = kept[0].upper() + kept[1:] if _is_capital(kept[0].upper()) else f"X{kept}"
    return kept


def _is_word(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category.startswith("L") or category == "Nd"


def _is_capital(text: str) -> bool:
    return len(text) == 1 and unicodedata.category(text) in ("Lu", "Nd")


# --- currencies -------------------------------------------------------------------------------------------------------


def spoken_commodities(commodities: Iterable[Commodity]) -> dict[int, str]:
    """Write currencies for hledger and ledger: ``USD``, and in quotes what is not only capital letters."""
    distinct = _Distinct(["s", "m", "h", "%"])  # ledger takes these for times and percents
    names = {commodity.id: distinct(harmless(commodity.code) or "_") for commodity in commodities}
    return {key: name if re.fullmatch(r"[A-Z]{2,}", name) else f'"{name}"' for key, name in names.items()}


def strict_commodities(commodities: Iterable[Commodity]) -> dict[int, str]:
    """Write currencies for beancount: capital letters and digits, at most 24, the first a letter."""
    ordered = list(commodities)
    fitting = {one.id: one.code for one in ordered if re.fullmatch(r"[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]", one.code)}
    for key in [key for key, code in fitting.items() if code in _SAYS_TRUE]:
        del fitting[key]
    distinct = _Distinct([*fitting.values(), *_SAYS_TRUE])
    return {one.id: fitting.get(one.id) or distinct(_strict_code(one.code)) for one in ordered}


def _strict_code(code: str) -> str:
    kept = "".join(sign if re.fullmatch("[A-Z0-9]", sign) else f"-{ord(sign):X}-" for sign in code.upper())
    kept = re.sub(r"-+", _DASH, kept).strip(_DASH)[: _MOST_SIGNS - 4].strip(_DASH)
    return kept if re.match("[A-Z]", code.upper()) and len(kept) > 1 else f"X{kept}"


# --- tags -------------------------------------------------------------------------------------------------------------


def spoken_tags(dimensions: Mapping[int, str]) -> dict[int, str]:
    """Name the tags of dimensions for hledger and ledger."""
    return _tags(dimensions, lambda sign: sign.isalnum() or sign in "-_")


def strict_tags(dimensions: Mapping[int, str]) -> dict[int, str]:
    """Name the tags of dimensions for beancount: small letters, digits, dashes; the first a letter."""
    return _tags(dimensions, lambda sign: sign.isascii() and (sign.isalnum() or sign in "-_"))


def _tags(dimensions: Mapping[int, str], allowed: Callable[[str], bool]) -> dict[int, str]:
    distinct = _Distinct(_TAKEN_TAGS)
    found: dict[int, str] = {}
    for key, code in sorted(dimensions.items(), key=lambda one: one[1]):
        kept = "".join(sign for sign in code.lower().replace(" ", _DASH) if allowed(sign)).strip("-_")
        found[key] = distinct(kept if len(kept) > 1 and kept[0].isalpha() else f"dimension-{kept}".rstrip(_DASH))
    return found
