"""The pages of taking over: the sheet with its trial check, one account by dimensions, and what a balance file says."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hanse import BusinessError, Context, Errors, NotFound, _, page
from hanse.i18n import Label, format_moment
from hanse_finance.actions import opening_books, taking_over
from hanse_finance.models import (
    Account,
    Dimension,
    DimensionSetValue,
    DimensionValue,
    FiscalYear,
    Opening,
    OpeningState,
    Period,
    Voucher,
)
from hanse_finance.numbering import voucher_title
from hanse_finance.permissions import Finance
from hanse_finance.screens.combining import resolve_combination
from hanse_finance.screens.opening_sheet import (
    as_entered,
    draw_account,
    draw_check,
    draw_rows,
    posted_account,
    told_errors,
    typed_lines,
    write_template,
)
from hanse_finance.screens.sides import side_and_amount
from hanse_finance.takeover.checking import check
from hanse_finance.takeover.completing import complete
from hanse_finance.takeover.headings import known_words
from hanse_finance.takeover.planning import Plan, plan_balances
from hanse_finance.takeover.reading import BalanceFile, read_balances
from hanse_finance.takeover.sheet import ZERO, Sheet, find_opening, merged, opening_of, read_sheet

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

READ = "finance.opening.read"
_SHEET, _ACCOUNT, _FILE = "/finance/opening", "/finance/opening-account", "/finance/opening-file"
_MOST_FAULTS = 200


def _posted(request: WebRequest) -> dict[str, str]:
    return {str(name): str(value) for name, value in request.POST.items() if isinstance(value, str)}


def _told(error: BusinessError) -> str:
    """Say everything that was refused in one text."""
    return " ".join(str(one.message) for one in (error.errors if isinstance(error, Errors) else [error]))


def _back(request: WebRequest, path: str = _SHEET) -> Response:
    from pyramid.httpexceptions import HTTPSeeOther  # Pyramid is loaded by the web only

    return HTTPSeeOther(request.to(path))


# --- the sheet --------------------------------------------------------------------------------------------------------


@page("opening", title=_("Opening balances"), menu="finance", icon="clipboard-list", order=70, permission=READ)
def opening_page(request: WebRequest) -> Response:
    """Show the sheet of opening balances, and do what its buttons say."""
    if request.method == "POST":
        work = _WORK.get(str(request.POST.get("action", "")))
        if work is None:
            raise NotFound(_("There is no such action."))
        return work(request)
    opening = find_opening(request.ctx)
    return _draw_start(request) if opening is None else _draw_sheet(request, opening)


def _draw_start(request: WebRequest) -> Response:
    from hanse.web.page import page_of, render

    ctx = request.ctx
    first_year = select(FiscalYear.id).where(FiscalYear.company_id == ctx.company.id).order_by(FiscalYear.start)
    codes = ctx.session.scalars(
        select(Period.code)
        .where(Period.year_id == first_year.limit(1).scalar_subquery(), Period.number > 0)
        .order_by(Period.number)
    )
    fields = [
        {
            "name": "period",
            "label": _("First period"),
            "kind": "choice",
            "required": True,
            "choices": [{"value": code, "label": code} for code in codes],
            "help": _("The first month whose vouchers are written here."),
        },
        _profit_field(request, _usual_profit(ctx)),
    ]
    may = ctx.may(Finance.TAKE_OVER)
    actions = [
        {
            "label": _("Begin"),
            "submit": "record-form",
            "name": "action",
            "value": "begin",
            "primary": True,
            "icon": "check",
        }
    ]
    start = {"action": request.to(_SHEET), "fields": fields, "may": may}
    head = page_of(request, _("Opening balances"), actions=actions if may else [])
    return render(request, "finance/opening_start.jinja2", head, start=start)


def _usual_profit(ctx: Context) -> Account | None:
    """Give the account that the country's charts keep the profit of the year in."""
    codes = [code for words in known_words() for code in words.profit]
    return next(iter(ctx.all(Account, Account.code.in_(codes))), None) if codes else None


def _profit_field(request: WebRequest, account: Account | None) -> dict[str, Any]:
    return {
        "name": "profit",
        "label": _("Profit account"),
        "kind": "link",
        "value": account.id if account else "",
        "text": f"{account.code} {account.name}" if account else "",
        "url": request.to("/finance/account/-/complete"),
        "help": _("Needed within a year: where income and expenses of the months before were transferred to."),
    }


def _draw_sheet(
    request: WebRequest,
    opening: Opening,
    *,
    posted: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    from hanse.web.page import page_of, render

    ctx = request.ctx
    sheet = read_sheet(ctx, opening)
    shown = sheet
    if posted:
        shown = sheet.with_lines(merged(sheet.lines, typed_lines(sheet, posted)[0]))
    may = ctx.may(Finance.TAKE_OVER) and opening.state is OpeningState.DRAFT
    values: dict[str, Any] = {
        "action": request.to(_SHEET),
        "rows": draw_rows(sheet, request.to(_ACCOUNT), posted=posted, errors=errors),
        "mid_year": sheet.mid_year,
        "heads": [*([_("Debit"), _("Credit")] if sheet.mid_year else []), _("Opening balance")],
        "places": sheet.places,
        "readonly": not may,
        "first": opening.first.code,
        "other_errors": [text for cell, text in (errors or {}).items() if not cell],
        "check": draw_check(check(shown), request.to("/finance/opening-check"), request.to(_SHEET)),
        "profit": _profit_field(request, opening.profit) if sheet.mid_year else None,
        "upload": _upload_field(request),
        **_opened(request, opening),
    }
    head = page_of(
        request, _("Opening balances"), actions=_actions(request, opening, may=may), count=opening.first.code
    )
    return render(request, "finance/opening.jinja2", head, opening=values, status=422 if errors else 200)


def _upload_field(request: WebRequest) -> dict[str, Any]:
    return {
        "name": "file",
        "label": _("File"),
        "kind": "file",
        "required": True,
        "accept": ".xlsx,.csv",
        "help": _("Account balances as another program exports them, or the template, as XLSX or CSV."),
    }


def _opened(request: WebRequest, opening: Opening) -> dict[str, Any]:
    """Tell who opened the books, with the vouchers."""
    if opening.state is not OpeningState.OPENED or opening.opened_by is None or opening.opened_at is None:
        return {"opened": None}
    prefix = f"opening:{opening.id}:{opening.round}:"
    vouchers = request.ctx.visible(Voucher, Voucher.source.startswith(prefix, autoescape=True))
    return {
        "opened": {
            "who": opening.opened_by.name,
            "when": format_moment(opening.opened_at, request.ctx.company.zone),
            "vouchers": [
                {"label": voucher_title(one), "url": request.to(f"/finance/voucher/{one.id}")} for one in vouchers
            ],
        }
    }


def _actions(request: WebRequest, opening: Opening, *, may: bool) -> list[dict[str, Any]]:
    ctx, url = request.ctx, request.to(_SHEET)
    may_open = ctx.may(Finance.OPEN_BOOKS)
    actions: list[dict[str, Any]] = [
        {
            "label": _("Template"),
            "url": request.to("/finance/opening-template"),
            "icon": "file-spreadsheet",
            "download": True,
            "menu": True,
        }
    ]
    if may:
        actions.append({"label": _("Read a file"), "dialog": "read-file", "icon": "upload"})
        if not opening.round:
            actions.append(
                {
                    "label": _("Give up taking over"),
                    "url": url,
                    "method": "post",
                    "name": "action",
                    "value": "abandon",
                    "icon": "trash",
                    "danger": True,
                    "menu": True,
                    "confirm": _("Give up taking over? What was entered is lost."),
                }
            )
    if may_open and opening.state is OpeningState.DRAFT:
        question = _("Open the books? Opening balances become vouchers that can never be changed.")
        actions.append(
            {"label": _("Open the books"), "url": url, "method": "post", "name": "action", "value": "open"}
            | {"icon": "lock-open", "confirm": question, "primary": not may}
        )
    if may_open and opening.state is OpeningState.OPENED:
        actions.append({"label": _("Take opening back"), "dialog": "take-back", "icon": "arrow-back-up"})
    if may:
        save = {"label": _("Save"), "submit": "record-form", "name": "action", "value": "save", "icon": "device-floppy"}
        actions.append(save | {"primary": True})
    return actions


def _begin(request: WebRequest) -> Response:
    profit = str(request.POST.get("profit", ""))
    period = str(request.POST.get("period", ""))
    return _do(
        request,
        lambda ctx: ctx.run(
            taking_over.begin_taking_over, period=period, profit=int(profit) if profit.isdigit() else None
        ),
    )


def _do(request: WebRequest, work: Callable[[Context], Any], done: Label | None = None, path: str = _SHEET) -> Response:
    """Do something, say what became of it, and show a page."""
    try:
        with request.db.begin_nested():  # what is refused on the way leaves nothing half done
            work(request.ctx)
    except BusinessError as error:
        request.say(_told(error), "bad")
    else:
        if done is not None:
            request.say(done)
    return _back(request, path)


def _save(request: WebRequest) -> Response:
    """Keep what was typed; what is wrong is shown at its cell, and nothing typed is lost."""
    ctx = request.ctx
    opening = opening_of(ctx)
    posted = _posted(request)
    sheet = read_sheet(ctx, opening)
    typed, wrong = typed_lines(sheet, posted)
    lines = list(typed.values())
    errors = {str(one.field): str(one.message) for one in wrong}
    if not errors:
        try:
            with request.db.begin_nested():
                if lines:
                    ctx.run(taking_over.enter_balances, [opening.id], lines=[as_entered(line) for line in lines])
                if "profit" in posted:
                    chosen = int(posted["profit"]) if posted["profit"].isdigit() else None
                    if chosen != opening.profit_id:
                        ctx.run(taking_over.choose_profit_account, [opening.id], profit=chosen)
        except BusinessError as error:
            errors = told_errors(error, lines)
    if errors:
        return _draw_sheet(request, opening, posted=posted, errors=errors)
    request.say(_("%(count)s lines changed", count=len(lines)))
    return _back(request)


def _abandon(request: WebRequest) -> Response:
    return _do(request, lambda ctx: ctx.run(taking_over.abandon_taking_over, [opening_of(ctx).id]))


def _open(request: WebRequest) -> Response:
    return _do(
        request,
        lambda ctx: ctx.run(opening_books.open_books, [opening_of(ctx).id]),
        _("The books are open."),
    )


def _take_back(request: WebRequest) -> Response:
    reason = str(request.POST.get("reason", ""))
    return _do(
        request,
        lambda ctx: ctx.run(opening_books.take_back, [opening_of(ctx).id], reason=reason),
        _("The opening vouchers are reversed in red; the sheet can be corrected."),
    )


def _upload(request: WebRequest) -> Response:
    """Keep a file, and go on to what it says."""
    from hanse.files import uploads

    ctx = request.ctx
    given: Any = request.POST.get("file")
    try:
        if not getattr(given, "filename", None):
            raise BusinessError(_("Choose a file first."), field="file")
        with closing(given.file), request.db.begin_nested():
            most = uploads.most_megabytes(ctx, request.settings)
            stored = uploads.take(request.services.files, str(given.filename), given.file, most)
            ctx.run(taking_over.keep_balance_file, [opening_of(ctx).id], stored=stored)
    except BusinessError as error:
        request.say(_told(error), "bad")
        return _back(request)
    return _back(request, _FILE)


_WORK: Mapping[str, Callable[[WebRequest], Response]] = {
    "begin": _begin,
    "save": _save,
    "abandon": _abandon,
    "open": _open,
    "take_back": _take_back,
    "upload": _upload,
}


@page("opening-check", title=_("Trial check"), permission=READ)
def opening_check(request: WebRequest) -> Response:
    """Check the sheet with what is typed and not saved yet."""
    from hanse.web.page import page_of, render

    sheet = read_sheet(request.ctx, opening_of(request.ctx))
    typed, _wrong = typed_lines(sheet, _posted(request))
    found = check(sheet.with_lines(merged(sheet.lines, typed)))
    shown = draw_check(found, request.to("/finance/opening-check"), request.to(_SHEET))
    return render(request, "finance/opening_check.jinja2", page_of(request, _("Trial check")), check=shown)


@page("opening-template", title=_("Template"), permission=READ)
def opening_template(request: WebRequest) -> Response:
    """Send the sheet as a file to fill in."""
    from hanse.directory.models import Currency
    from hanse.web.views.exports import send_file

    ctx = request.ctx
    sheet = read_sheet(ctx, opening_of(ctx))
    asked = {key for account in sheet.accounts.values() for key in account.dimensions}
    dimensions = {one.id: one.name for one in ctx.all(Dimension, Dimension.id.in_(asked))}
    values: dict[int, dict[int, str]] = {}
    query = (
        select(DimensionSetValue.set_id, DimensionSetValue.dimension_id, DimensionValue.code)
        .join(DimensionValue, DimensionValue.id == DimensionSetValue.value_id)
        .where(DimensionSetValue.set_id.in_([line.details for line in sheet.lines if line.details]))
    )
    for set_, dimension, code in ctx.session.execute(query):
        values.setdefault(set_, {})[dimension] = code
    currencies = dict(ctx.session.execute(select(Currency.id, Currency.code)).all())
    target = tempfile.SpooledTemporaryFile(2**20)  # noqa: SIM115  the answer closes it
    write_template(sheet, dimensions, values, currencies, target)
    return send_file(_("Opening balances"), "xlsx", target, ctx.today)


# --- one account ------------------------------------------------------------------------------------------------------


@page("opening-account", title=_("Opening balance of an account"), permission=READ)
def opening_account(request: WebRequest) -> Response:
    """Show and change what one account opens with, by dimensions and currencies."""
    ctx = request.ctx
    opening = opening_of(ctx)
    sheet = read_sheet(ctx, opening)
    given = str(request.GET.get("account", ""))
    account = sheet.accounts.get(int(given)) if given.isdigit() and len(given) < 19 else None
    if account is None or not account.leaf:
        raise NotFound(_("This account is not there, or not for you."))
    if request.method != "POST":
        return _draw_account(request, opening, sheet, account.id)
    lines, places, wrong = posted_account(account, _posted(request))
    try:
        if wrong:
            raise wrong[0] if len(wrong) == 1 else Errors(wrong)
        with request.db.begin_nested():
            for line in lines:
                line["details"] = _combination(ctx, line.pop("combination"))
            empty = {"account": account.id, "currency": account.currency, "balance": 0}
            ctx.run(taking_over.replace_balances, [opening.id], lines=lines or [empty])
    except BusinessError as error:
        return _draw_account(request, opening, sheet, account.id, (error, places))
    request.say(_("Saved"))
    return _back(request)


def _combination(ctx: Context, text: str) -> int | None:
    """Give the combination that was chosen; one that nobody has used yet is made.

    :raises BusinessError: it is none
    """
    if not text:
        return None
    try:
        return int(text) if text.isdigit() else resolve_combination(ctx, text)
    except ValueError:
        raise BusinessError(_("Choose dimensions from the list."), field="details") from None


def _draw_account(
    request: WebRequest,
    opening: Opening,
    sheet: Sheet,
    key: int,
    refused: tuple[BusinessError, list[str]] | None = None,
) -> Response:
    from hanse.web.page import page_of, render

    ctx, account = request.ctx, sheet.accounts[key]
    readonly = not ctx.may(Finance.TAKE_OVER) or opening.state is not OpeningState.DRAFT
    urls = {"sets": request.to("/finance/dimension_set/-/complete")}
    lines = draw_account(ctx, sheet, account, urls, readonly=readonly)
    if refused is not None:
        _show_refused(lines, refused, _posted(request))
    actions = [{"label": _("Save"), "submit": "record-form", "primary": True, "icon": "device-floppy"}]
    head = page_of(
        request,
        account.full_name,
        breadcrumbs=[{"title": _("Opening balances"), "url": request.to(_SHEET)}],
        actions=[] if readonly else actions,
    )
    values = {
        "action": f"{request.to(_ACCOUNT)}?account={key}",
        "lines": lines,
        "mid_year": sheet.mid_year,
        "side": account.side.label,
    }
    return render(
        request, "finance/opening_account.jinja2", head, opening=values, status=422 if refused is not None else 200
    )


def _show_refused(lines: dict[str, Any], refused: tuple[BusinessError, list[str]], posted: Mapping[str, str]) -> None:
    """Put back what was typed, with what was wrong at its line."""
    error, places = refused
    told: dict[str, str] = {}
    for one in error.errors if isinstance(error, Errors) else [error]:
        number = (one.field or "").partition(".")[0]
        place = places[int(number)] if number.isdigit() and int(number) < len(places) else places[0] if places else ""
        told[place] = f"{told[place]} {one.message}" if place in told else str(one.message)
    rows: list[dict[str, Any]] = []
    names = [column["name"] for column in lines["columns"]]
    for place in posted.get("lines-order", "").split(","):
        if not place.isdigit():
            continue
        cells = [{"value": posted.get(f"lines-{place}-{name}", ""), "text": ""} for name in names]
        if names and names[0] == "details":
            cells[0]["text"] = posted.get(f"lines-{place}-details-text", "")
        rows.append({"index": int(place), "cells": cells, "error": told.get(place)})
    lines["rows"] = rows
    lines["next"] = max((row["index"] for row in rows), default=-1) + 1


# --- a balance file ---------------------------------------------------------------------------------------------------


@page("opening-file", title=_("Balance file"), permission=Finance.TAKE_OVER)
def opening_file(request: WebRequest) -> Response:
    """Show what a balance file says, add what is missing, and enter it."""
    ctx = request.ctx
    opening = opening_of(ctx)
    if opening.balances is None:
        return _back(request)
    use = str(request.params.get("use", ""))
    use = use if use in ("opening", "closing") else ""
    try:
        found = _read_file(request, opening)
    except BusinessError as error:
        request.say(_told(error), "bad")
        return _back(request)
    plan = plan_balances(ctx, opening, found, use)
    if request.method != "POST":
        return _draw_file(request, opening, found, plan)
    own = f"{_FILE}?use={use}" if use else _FILE
    if request.POST.get("action") == "complete":
        return _do(request, lambda one: complete(one, opening, plan), path=own)
    if not plan.is_complete:
        request.say(_("Add what is missing and mend what is wrong first."), "bad")
        return _back(request, own)
    return _do(
        request,
        lambda one: one.run(taking_over.replace_balances, [opening.id], lines=plan.lines),
        _("%(count)s lines entered from the file", count=len(plan.lines)),
    )


def _read_file(request: WebRequest, opening: Opening) -> BalanceFile:
    assert opening.balances is not None
    names = {one.name: one.code for one in request.ctx.all(Dimension)}
    with request.services.files.open(opening.balances.key) as file:
        return read_balances(file, names)


def _draw_file(request: WebRequest, opening: Opening, found: BalanceFile, plan: Plan) -> Response:
    from hanse.web.page import page_of, render

    assert opening.balances is not None
    accounts = {one.id: f"{one.code} {one.name}" for one in request.ctx.all(Account)}
    values: dict[str, Any] = {
        "action": request.to(_FILE),
        "name": opening.balances.name,
        "use": plan.use,
        "both": found.has("opening") and found.has("closing"),
        "count": len(plan.lines),
        "notes": plan.notes,
        "faults": plan.faults[:_MOST_FAULTS],
        "more": max(0, len(plan.faults) - _MOST_FAULTS),
        "accounts": plan.accounts,
        "missing_values": plan.values,
        "lines": [
            {"row": row, "account": accounts[line["account"]], **_line_texts(line)}
            for line, row in zip(plan.lines[:500], plan.rows, strict=False)
        ],
        "mid_year": opening.first.number > 1,
    }
    enter = {"label": _("Enter the balances"), "submit": "record-form", "primary": True, "icon": "check"}
    actions = [enter | {"disabled": not plan.is_complete or not plan.lines}]
    crumbs = [{"title": _("Opening balances"), "url": request.to(_SHEET)}]
    head = page_of(request, _("Balance file"), breadcrumbs=crumbs, actions=actions)
    return render(request, "finance/opening_file.jinja2", head, file=values)


def _line_texts(line: Mapping[str, Any]) -> dict[str, str]:
    from hanse.i18n import format_decimal

    told = {name: format_decimal(line[name], 2) if line.get(name) else "" for name in ("debit", "credit")}
    for name in ("balance", "foreign_balance"):
        side, amount = side_and_amount(line.get(name) or ZERO)
        told[name] = f"{side} {format_decimal(amount, 2)}" if isinstance(amount, Decimal) else ""
    return told


__all__ = ["opening_account", "opening_check", "opening_file", "opening_page"]
