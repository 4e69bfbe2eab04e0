"""What other addons know of a line that nobody has given: asked for all lines of all drafts at once, before pricing.

    register_completer("hanse_products_invoicing", complete_lines)

A completer adds and never replaces: what somebody has given stays, whatever it answers.  The last to register, which
depends on the others, is asked first, so that what it knows goes before what they know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hanse import Context
from hanse.actions.values import WrongValue, convert
from hanse_finance.entry import key_of
from hanse_invoicing.models import Invoice, InvoiceKind

#: What no line can do without: empty, it counts as not given.  Anything else that is named is given, even as empty.
NEEDED = frozenset({"description", "quantity", "price", "account"})


@dataclass(frozen=True, slots=True)
class GivenLine:
    """A line as it was given, and what its document says.

    :ivar given: by the names of fields of ``InvoiceLine``; not converted yet
    :ivar currency: id
    :ivar partner: id; None: there is none yet, which is said when the draft is checked
    """

    given: Mapping[str, Any]
    kind: InvoiceKind
    day: date
    currency: int
    partner: int | None = None

    def lacks(self, name: str) -> bool:
        """Tell whether nobody has given a field."""
        return name not in self.given or (self.given[name] is None and name in NEEDED)


#: Gives for each line the fields that it knows, in the same order; as many statements for a thousand lines as for one.
Completer = Callable[[Context, Sequence[GivenLine]], Sequence[Mapping[str, Any]]]
_completers: dict[str, Completer] = {}


def register_completer(addon: str, complete: Completer) -> None:
    """Have an addon asked about lines of drafts, in the companies in which it is on."""
    _completers[addon] = complete


def completed(ctx: Context, values: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Give drafts with what addons know of their lines; one whose kind or day is wrong stays as it was given."""
    rows: list[Mapping[str, Any]] = list(values)
    asked = [complete for addon, complete in reversed(_completers.items()) if addon in ctx.enabled]
    places = [(at, heading) for at, value in enumerate(rows) if (heading := _heading(ctx, value)) is not None]
    for complete in asked:
        lines = [GivenLine(line, *heading) for at, heading in places for line in rows[at].get("lines") or ()]
        if not lines:
            return rows
        known = complete(ctx, lines)
        told = iter([_added(line, more) for line, more in zip(lines, known, strict=True)])
        for at, _said in places:
            rows[at] = {**rows[at], "lines": [next(told) for _line in rows[at].get("lines") or ()]}
    return rows


def _added(line: GivenLine, known: Mapping[str, Any]) -> dict[str, Any]:
    return {**line.given, **{name: value for name, value in known.items() if line.lacks(name)}}


def _heading(ctx: Context, value: Mapping[str, Any]) -> tuple[InvoiceKind, date, int, int | None] | None:
    """Give kind, day, currency and partner of a draft; None where one is wrong, which is said when it is checked."""
    try:
        kind = convert(Invoice.__fields__["kind"], value.get("kind") or InvoiceKind.INVOICE)
        day = convert(Invoice.__fields__["day"], value.get("day") or ctx.today)
    except WrongValue:
        return None
    partner = value.get("partner")
    currency = key_of(value.get("currency") or ctx.company.currency_id)
    return kind, day, currency, None if partner is None else key_of(partner)


__all__ = ["Completer", "GivenLine", "completed", "register_completer"]
