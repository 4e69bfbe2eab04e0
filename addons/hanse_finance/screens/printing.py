"""Printing vouchers: the page on which one chooses, the printers, the settings, and who has printed what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from hanse import BusinessError, Computed, Context, Filter, Row, Screen, _, enqueue, link_id, page
from hanse.i18n import Label
from hanse.models import Kind, Model
from hanse.screens import Given, Through
from hanse.screens.formats import write_widget
from hanse_finance import choosing
from hanse_finance.documents import file_name, send
from hanse_finance.models import (
    Printer,
    Voucher,
    VoucherColumns,
    VoucherPrint,
    VoucherPrintSettings,
    VoucherState,
    VoucherWord,
)
from hanse_finance.permissions import Finance
from hanse_finance.printed import VoucherForm, voucher_forms
from hanse_finance.screens.spans import chosen_span, latest, span_ends, spans

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

Values = dict[str, Any]
_PATH: Final = "/finance/print-vouchers"
_FORM: Final = "record-form"
#: Up to so many vouchers are printed while the person waits; more are a job.
AT_ONCE: Final = 500


def _form_name(stored: str) -> str:
    """Write a layout in the reader's language; one whose addon is gone by its name."""
    return next((str(form.label) for form in voucher_forms() if form.name == stored), stored)


write_widget("voucher_form", _form_name)


def _forms(ctx: Context) -> Sequence[tuple[str, Label]]:
    return [(form.name, form.label) for form in voucher_forms(ctx.enabled)]


PRINTERS = Screen(
    Printer,
    title=_("Printers"),
    singular=_("Printer"),
    menu="finance_settings",
    icon="printer",
    order=60,
    list=[Printer.name, Printer.move_right, Printer.move_down],
    form=[Row(Printer.name), Row(Printer.move_right, Printer.move_down)],
    order_by=[Printer.name],
)

PRINT_SETTINGS = Screen(
    VoucherPrintSettings,
    title=_("Printing vouchers"),
    icon="settings",
    list=[],
    form=[
        Row(VoucherPrintSettings.form),
        Row(VoucherPrintSettings.columns),
        Row(VoucherPrintSettings.lines_per_page),
        Row(VoucherPrintSettings.subtotals),
        Row(VoucherPrintSettings.strike_unused),
        Row(VoucherPrintSettings.signatures),
        Row(VoucherPrintSettings.cells),
        Row(VoucherPrintSettings.red),
        Row(VoucherPrintSettings.sheets_a_volume),
        Row(VoucherPrintSettings.responsible),
    ],
    search=False,
    suggest={"form": _forms},
)


# --- who has printed what ---------------------------------------------------------------------------------------------


def _number(_model: type[Model]) -> Any:
    """Write the voucher's number in SQL: 记-12."""
    return (
        select(func.concat(VoucherWord.code, "-", func.coalesce(Voucher.number, Voucher.provisional)))
        .select_from(Voucher)
        .join(VoucherWord, VoucherWord.id == link_id(Voucher.word))
        .where(Voucher.company_id == VoucherPrint.company_id, Voucher.id == link_id(VoucherPrint.voucher))
        .correlate(VoucherPrint)
        .scalar_subquery()
    )


def _times(_model: type[Model]) -> Any:
    """Count in SQL which print of its voucher it was."""
    other = aliased(VoucherPrint)
    return (
        select(func.count())
        .where(
            other.company_id == VoucherPrint.company_id,
            other.voucher_id == link_id(VoucherPrint.voucher),
            other.id <= VoucherPrint.id,
        )
        .correlate(VoucherPrint)
        .scalar_subquery()
    )


PRINT_LOG = Screen(
    VoucherPrint,
    title=_("Print log"),
    singular=_("Print"),
    menu="finance",
    icon="history",
    order=19,
    readonly=True,
    search=False,
    list=[
        VoucherPrint.at,
        VoucherPrint.user,
        Computed("no", _("Number"), Kind.TEXT, _number),
        VoucherPrint.voucher,
        Through(VoucherPrint.voucher, Voucher.day),
        VoucherPrint.form,
        Computed("times", _("Print no."), Kind.NUMBER, _times),
    ],
    form=[Row(VoucherPrint.at, VoucherPrint.user), Row(VoucherPrint.voucher, VoucherPrint.form)],
    filters=[
        VoucherPrint.user,
        VoucherPrint.at,
        VoucherPrint.form,
        VoucherPrint.voucher,
        Filter(_("Printed by me"), lambda ctx: link_id(VoucherPrint.user) == ctx.user.id, name="mine"),
    ],
    order_by=[VoucherPrint.at.desc()],
    suggest={"form": _forms},
    title_of=lambda one: _("Print of %(summary)s", summary=one.voucher.summary),
)


# --- the page ---------------------------------------------------------------------------------------------------------


@page("print-vouchers", title=_("Print vouchers"), menu="finance", icon="printer", order=18, permission=Finance.PRINT)
def print_vouchers(request: WebRequest) -> Response:
    """Ask which vouchers are printed and how; print them, or have a job print many."""
    if request.method == "POST":
        return _print(request)
    given = {str(name): str(value) for name, value in request.GET.items()}
    return _draw(request, _first(request.ctx) | given, {})


def _first(ctx: Context) -> dict[str, str]:
    """Give what stands on the page first: what the person chose last, and the latest period."""
    choice = choosing.last_choice(ctx)
    look, binding = choice.look, choice.binding
    said = {
        "form": choice.form,
        "columns": look.columns,
        "lines": look.lines,
        "subtotals": look.subtotals,
        "strike_unused": look.strike_unused,
        "signatures": look.signatures,
        "cells": look.cells,
        "red": look.red,
        "printer": choice.printer,
        "vouchers": binding.vouchers,
        "cover": binding.cover,
        "summary": binding.summary,
        "sheets_a_volume": binding.sheets_a_volume,
        "binder": binding.binder or ctx.user.name,
        "period": latest(ctx),
        "state": VoucherState.POSTED.value,
    }
    return {
        name: ("1" if value is True else "" if value in (None, False) else str(value)) for name, value in said.items()
    }


def _print(request: WebRequest) -> Response:
    from pyramid.httpexceptions import HTTPSeeOther

    from hanse.security import sessions
    from hanse_finance.jobs import print_batch

    ctx = request.ctx
    given = {name: str(value) for name, value in request.POST.items() if isinstance(value, str)}
    try:
        choice = choosing.chosen(ctx, given)
        ids, name = _wanted(ctx, given)
        sessions.set_preference(request.db, ctx.user.id, choosing.PREFERENCE, choice.stored())
        if len(ids) <= AT_ONCE:
            return send(request, ids, choice, name, "inline")
    except BusinessError as error:
        return _draw(request, given, {one.field or "": str(one) for one in error.each()})
    enqueue(ctx, print_batch, vouchers=ids, choice=choice.stored(), name=name, locale=ctx.locale)
    request.say(_("%(count)s vouchers are being printed; the file will be among your jobs.", count=len(ids)))
    return HTTPSeeOther(request.to("/core/jobs"))


def _wanted(ctx: Context, given: Mapping[str, str]) -> tuple[list[int], str]:
    """Give the vouchers that were chosen, in order, and a name for the file.

    :raises BusinessError: there are none
    """
    from hanse_finance import printing

    if picked := _picked(given):
        return printing.in_order(ctx, picked), file_name(ctx)
    span = chosen_span(ctx, Given({"period": given.get("period", ""), "to": given.get("to", "")}))
    state = given.get("state", "")
    selection = printing.Selection(
        span,
        unposted=True,
        word=given.get("word") or None,
        first=_typed(given, "first"),
        last=_typed(given, "last"),
        maker=_typed(given, "maker"),
        state=VoucherState(state) if state in {one.value for one in VoucherState} else None,
        unprinted=bool(given.get("unprinted")),
    )
    return printing.chosen(ctx, selection), file_name(ctx, span.label)


def _picked(given: Mapping[str, str]) -> list[int]:
    return [int(one) for one in given.get("ids", "").split(",") if one.isascii() and one.isdigit() and len(one) < 19]


def _typed(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BusinessError(_("Type a whole number."), field=name)
    return int(text)


def _draw(request: WebRequest, given: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    from hanse.web.page import page_of, render

    ctx, picked = request.ctx, _picked(given)
    sections: list[Values] = [
        *([] if picked else [{"title": _("Which"), "fields": _which(request, given)}]),
        {"title": _("Layout"), "fields": _how(ctx, given)},
        {"title": _("What"), "fields": _what(given)},
    ]
    for section in sections:
        for field in section["fields"]:
            field |= {"id": f"p-{field['name']}", "error": errors.get(field["name"], ""), "stacked": True}
    form: Values = {
        "action": request.to(_PATH),
        "title": _("Print vouchers"),
        "subtitle": _("%(count)s vouchers", count=len(picked)) if picked else "",
        "sections": sections,
        "hidden": [{"name": "ids", "value": ",".join(map(str, picked))}] if picked else [],
        "errors": [
            {"field": f"p-{name}" if name else None, "label": "", "message": text} for name, text in errors.items()
        ],
    }
    button = {"label": _("Print"), "submit": _FORM, "primary": True, "icon": "printer"}
    head = page_of(request, _("Print vouchers"), actions=[button])
    return render(request, "form.jinja2", head, status=422 if errors else 200, form=form, dialogs=[])


def _field(given: Mapping[str, str], name: str, label: Label, kind: str, **more: Any) -> Values:
    return {"name": name, "label": label, "kind": kind, "value": given.get(name, ""), **more}


def _choice(
    given: Mapping[str, str], name: str, label: Label, choices: Sequence[tuple[Any, Label]], **more: Any
) -> Values:
    drawn = [{"value": str(value), "label": shown} for value, shown in choices]
    return _field(
        given, name, label, "choice", choices=drawn, required=not any(one["value"] == "" for one in drawn), **more
    )


def _which(request: WebRequest, given: Mapping[str, str]) -> list[Values]:
    from hanse.screens.names import names_of

    ctx = request.ctx
    periods, ends = spans(ctx), span_ends(ctx)
    words = ctx.session.scalars(
        select(VoucherWord.code)
        .where(VoucherWord.company_id == ctx.company.id)
        .order_by(VoucherWord.position, VoucherWord.code)
    )
    states = [(one.value, one.label) for one in VoucherState if one is not VoucherState.VOID]
    maker = given.get("maker", "")
    people = names_of(ctx, Voucher.__fields__["maker"].target, [int(maker)]) if maker.isdigit() else {}  # type: ignore[arg-type]
    return [
        _choice(given, "period", _("Period"), periods),
        _choice(given, "to", _("to"), ends),
        _choice(given, "word", _("Word"), [("", _("All")), *((one, one) for one in words)]),
        _choice(given, "state", _("State"), [("", _("All but void ones")), *states]),
        _field(given, "first", _("First number"), "number"),
        _field(given, "last", _("Last number"), "number"),
        _field(
            given,
            "maker",
            _("Made by"),
            "link",
            url=request.to("/core/user/-/complete"),
            text=people.get(int(maker), "") if maker.isdigit() else "",
        ),
        _field(given, "unprinted", _("Not yet printed"), "flag"),
    ]


def _how(ctx: Context, given: Mapping[str, str]) -> list[Values]:
    forms: list[VoucherForm] = voucher_forms(ctx.enabled)
    preprinted = any(form.preprinted for form in forms)
    machines = choosing.printers(ctx) if preprinted else ()
    fields = [
        _choice(given, "form", _("Layout"), [(form.name, form.label) for form in forms]),
        _choice(given, "columns", _("Columns"), [(one.value, one.label) for one in VoucherColumns]),
        _field(given, "lines", _("Lines a page"), "number", help=_("Empty: as many as the layout has usually.")),
    ]
    if machines:
        choices: list[tuple[Any, Label]] = [("", "–"), *machines]
        told = _("By how much pre-printed forms are moved is set for each printer.")
        fields.append(_choice(given, "printer", _("Printer"), choices, help=told))
    return [
        *fields,
        _field(given, "subtotals", _("Carry sums from page to page"), "flag"),
        _field(given, "strike_unused", _("Strike out unused lines"), "flag"),
        _field(given, "signatures", _("Print the names of those who signed"), "flag"),
        _field(given, "cells", _("A cell for each digit"), "flag"),
        _field(given, "red", _("Negative amounts in red"), "flag"),
    ]


def _what(given: Mapping[str, str]) -> list[Values]:
    return [
        _field(given, "vouchers", _("Vouchers"), "flag"),
        _field(given, "cover", _("Cover"), "flag"),
        _field(given, "summary", _("Account summary"), "flag"),
        _field(
            given,
            "sheets_a_volume",
            _("Sheets a volume"),
            "number",
            help=_("Empty: one volume. Else a new one with a cover begins after so many pages of vouchers."),
        ),
        _field(given, "volume", _("Number of the first volume"), "number"),
        _field(given, "volumes", _("Volumes in all"), "number", help=_("Empty: as many as are printed.")),
        _field(given, "binder", _("Bound by"), "text"),
    ]


__all__ = ["AT_ONCE", "PRINTERS", "PRINT_LOG", "PRINT_SETTINGS", "print_vouchers"]
