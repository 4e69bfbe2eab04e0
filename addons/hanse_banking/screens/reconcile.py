"""The page where both sides of a bank account are matched."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from hanse import BusinessError, Context, Errors, NotFound, _, page
from hanse.i18n import format_day, format_money
from hanse_banking.actions.matches import accept_certain, match_together, undo
from hanse_banking.actions.rules import write_by_rules
from hanse_banking.actions.statements import as_values, read_file
from hanse_banking.adjusting import adjust
from hanse_banking.items import Item, bank_items, book_items, total
from hanse_banking.matching import Proposal, propose
from hanse_banking.models import BankMatch, BankRule, HouseAccount
from hanse_banking.permissions import Banking
from hanse_banking.reading import read_statements
from hanse_banking.reading.tables import NoHeads
from hanse_banking.screens.adjustment import bank_choices, chosen_bank

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

PAGE = "/banking/reconcile"
#: Rows of a side that are drawn; what is older stands first, so the rest comes up as these are matched.
_MOST = 300
_LATEST = 12
Values = dict[str, Any]


@page(
    "reconcile",
    title=_("Reconcile"),
    menu="banking",
    icon="arrows-join",
    order=10,
    shortcut="k",
    permission="banking.line.read",
)
def reconcile(request: WebRequest) -> Response:
    """Show what is open on both sides; do what the buttons say."""
    from pyramid.httpexceptions import HTTPSeeOther

    from hanse.web.page import page_of, render  # Pyramid is loaded by the web only

    ctx = request.ctx
    asked = _text(request, "bank") or _text(request, "record")
    if not bank_choices(ctx):
        actions = [{"label": _("New bank account"), "url": request.to("/banking/account/new"), "primary": True}]
        return render(request, "banking/none.jinja2", page_of(request, _("Reconcile"), actions=actions))
    bank = chosen_bank(ctx, asked)
    if request.method == "POST":
        work = _WORK.get(_text(request, "do"))
        if work is None:
            raise NotFound(_("There is no such action."))
        to = _do(request, bank, work)
        return HTTPSeeOther(to or request.to(PAGE, list(_kept(request, bank).items())))
    head = page_of(request, _("Reconcile"), actions=_actions(request, bank))
    return render(request, "banking/reconcile.jinja2", head, reconcile=_shown(request, bank))


def _text(request: WebRequest, name: str) -> str:
    value = request.params.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _kept(request: WebRequest, bank: HouseAccount) -> dict[str, str]:
    """Give what stays in the address."""
    kept = {name: _text(request, name) for name in ("until", "q")}
    return {"bank": str(bank.id), **{name: value for name, value in kept.items() if value}}


def _until(request: WebRequest) -> date | None:
    try:
        return date.fromisoformat(_text(request, "until"))
    except ValueError:  # empty, or typed by hand into the address: no limit
        return None


def _do(request: WebRequest, bank: HouseAccount, work: Callable[[WebRequest, HouseAccount], str | None]) -> str | None:
    """Do something; what is refused is told, and leaves nothing half done."""
    try:
        with request.db.begin_nested():
            return work(request, bank)
    except NoHeads as error:
        request.say(str(error.message), "bad")
        return request.to("/banking/columns", bank=str(bank.id))
    except BusinessError as error:
        errors = error.errors if isinstance(error, Errors) else [error]
        request.say(" ".join(str(one.message) for one in errors[:5]), "bad")
    return None


def _ids(request: WebRequest, name: str) -> list[int]:
    return [int(one) for one in request.POST.getall(name) if isinstance(one, str) and re.fullmatch(r"\d{1,18}", one)]


def _match(request: WebRequest, bank: HouseAccount) -> None:
    partly = _text(request, "do") == "partly"
    lines, entries = _ids(request, "line"), _ids(request, "entry")
    request.ctx.run(match_together, [bank.id], lines=lines, entries=entries, partly=partly)


def _take(request: WebRequest, bank: HouseAccount) -> None:
    """Match what one proposal says."""
    lines, _bar, entries = _text(request, "proposal").partition("|")
    both = [[int(one) for one in part.split(",") if one.isdigit()] for part in (lines, entries)]
    request.ctx.run(match_together, [bank.id], lines=both[0], entries=both[1])


def _accept(request: WebRequest, bank: HouseAccount) -> None:
    count = request.ctx.run(accept_certain, [bank.id]).result
    request.say(_("%(count)s matched", count=count))


def _write(request: WebRequest, bank: HouseAccount) -> None:
    made = request.ctx.run(write_by_rules, [bank.id]).result
    request.say(_("%(count)s vouchers written as drafts", count=len(made)))


def _undo(request: WebRequest, _bank: HouseAccount) -> None:
    request.ctx.run(undo, _ids(request, "match"))


def _read(request: WebRequest, bank: HouseAccount) -> None:
    """Keep a file as it came, and read what it says."""
    from hanse.files import uploads

    ctx = request.ctx
    given: Any = request.POST.get("file")
    if not getattr(given, "filename", None):
        raise BusinessError(_("Choose a file first."), field="file")
    ctx.require(Banking.IMPORT)
    with closing(given.file):
        most = uploads.most_megabytes(ctx, request.settings)
        stored = uploads.take(request.services.files, str(given.filename), given.file, most)
        given.file.seek(0)
        found = read_statements(given.file.read(), bank.columns)
    done: Mapping[str, int] = ctx.run(
        read_file, [bank.id], stored=stored, statements=[as_values(one) for one in found]
    ).result
    request.say(_("%(added)s lines read, %(known)s were there already", **done))


_WORK: Mapping[str, Callable[[WebRequest, HouseAccount], str | None]] = {
    "match": _match,
    "partly": _match,
    "take": _take,
    "accept": _accept,
    "write": _write,
    "undo": _undo,
    "read": _read,
}


# --- what is shown ----------------------------------------------------------------------------------------------------


def _actions(request: WebRequest, bank: HouseAccount) -> list[Values]:
    ctx = request.ctx
    actions: list[Values] = []
    if ctx.may(Banking.REPORT):
        actions.append(
            {
                "label": _("Bank adjustment table"),
                "url": request.to("/banking/adjustment", bank=str(bank.id)),
                "icon": "scale",
                "menu": True,
            }
        )
    if ctx.may(Banking.IMPORT):
        actions.append({"label": _("Read a statement"), "dialog": "read-statement", "icon": "upload", "primary": True})
    return actions


def _shown(request: WebRequest, bank: HouseAccount) -> Values:
    ctx, until, words = request.ctx, _until(request), _text(request, "q").casefold()
    lines, entries = bank_items(ctx, bank, until), book_items(ctx, bank, until)
    proposals = propose(lines[:_MOST], entries[:_MOST], bank.days)
    found = adjust(ctx, bank, until or ctx.today)
    money = _money(bank)
    may = ctx.may(Banking.MATCH)
    return {
        "url": request.to(PAGE),
        "bank": bank.id,
        "banks": [{"value": key, "label": label} for key, label in bank_choices(ctx)],
        "until": until.isoformat() if until else "",
        "q": _text(request, "q"),
        "may": may,
        "may_write": ctx.may(Banking.WRITE) and _has_rules(ctx),
        "certain": sum(one.certain for one in proposals),
        "proposals": [_proposal(request, one, lines, entries, money) for one in proposals] if may else [],
        "sides": [
            _side("line", _("Bank"), [one for one in lines if _says(one, words)], money, request),
            _side("entry", _("Books"), [one for one in entries if _says(one, words)], money, request),
        ],
        "figures": [
            {"label": _("Balance of the bank"), "text": money(found.bank)},
            {"label": _("Balance of the books"), "text": money(found.books)},
            {"label": _("Difference after adjustment"), "text": money(found.difference), "bad": bool(found.difference)},
        ],
        "places": bank.currency.places,
        "words": {"match": _("Match"), "bank": _("Bank"), "books": _("Books")},  # as this addon means them
        "matches": _latest(ctx, bank, money),
    }


def _has_rules(ctx: Context) -> bool:
    query = select(func.count()).select_from(BankRule).where(BankRule.company_id == ctx.company.id, BankRule.active)
    return bool(ctx.session.scalar(query))


def _money(bank: HouseAccount) -> Callable[[Decimal], str]:
    code, places = bank.currency.code, bank.currency.places
    return lambda amount: format_money(amount, code, places)


def _says(item: Item, words: str) -> bool:
    """Tell whether an item has all words that are looked for; an amount is found as it is written."""
    text = f"{item.title} {item.words} {item.amount:f} {item.day}".casefold()
    return all(one in text for one in words.replace(",", "").split())


def _side(name: str, title: Any, items: Sequence[Item], money: Callable[[Decimal], str], request: WebRequest) -> Values:
    return {
        "name": name,
        "title": title,
        "count": len(items),
        "total": money(total(items)),
        "more": max(0, len(items) - _MOST),
        "rows": [
            {
                "id": one.id,
                "day": format_day(one.day),
                "title": one.title,
                "words": one.words if one.words != one.title else "",
                "rest": f"{one.rest:f}",
                "text": money(one.rest),
                "of": money(one.amount) if one.rest != one.amount else "",
                "url": request.to(f"/finance/voucher/{one.voucher}") if one.voucher else "",
                "negative": one.rest < 0,
            }
            for one in items[:_MOST]
        ],
    }


def _proposal(
    request: WebRequest,
    one: Proposal,
    lines: Sequence[Item],
    entries: Sequence[Item],
    money: Callable[[Decimal], str],
) -> Values:
    left = [item for item in lines if item.id in one.lines]
    right = [item for item in entries if item.id in one.entries]
    return {
        "value": f"{','.join(map(str, one.lines))}|{','.join(map(str, one.entries))}",
        "bank": "; ".join(f"{format_day(item.day)} {item.title}" for item in left),
        "books": "; ".join(f"{format_day(item.day)} {item.title}" for item in right),
        "amount": money(total(left or right)),
        "score": one.score,
        "reason": one.reason,
        "certain": one.certain,
    }


def _latest(ctx: Context, bank: HouseAccount, money: Callable[[Decimal], str]) -> list[Values]:
    """Give the matches that were made last, each with the way to undo it."""
    found = ctx.visible(BankMatch, BankMatch.bank_id == bank.id, order_by=[BankMatch.id.desc()], limit=_LATEST)
    return [
        {"id": one.id, "day": format_day(one.last), "amount": money(one.amount), "reason": one.reason} for one in found
    ]
