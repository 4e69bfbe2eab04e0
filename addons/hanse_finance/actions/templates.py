"""Templates of vouchers: keep one, begin a voucher with it, write it on its day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Any

from hanse import BusinessError, Context, Records, _, action
from hanse.actions.generic import check_rights
from hanse.jobs import days, scheduled
from hanse_finance.actions.entry import record_vouchers
from hanse_finance.models import Rhythm, Voucher, VoucherTemplate

_MONTHS = {Rhythm.MONTHLY: 1, Rhythm.QUARTERLY: 3, Rhythm.YEARLY: 12}
#: What a line of a template and a line of a voucher have in common.
_LINE = (
    "summary",
    "account_id",
    "details_id",
    "foreign_currency_id",
    "foreign_amount",
    "cash_item_id",
    "debit",
    "credit",
)


@action(
    VoucherTemplate,
    name="create",
    label=_("New template"),
    permission="finance.voucher_template.create",
    creates=True,
    hidden=True,
)
def create_templates(
    ctx: Context, templates: Records[VoucherTemplate], *, values: list[Mapping[str, Any]]
) -> list[int]:
    """Add templates of the acting person; their lines are numbered as they come."""
    check_rights(ctx, VoucherTemplate, values)
    return ctx.insert(VoucherTemplate, [_numbered(value) | {"maker": ctx.user.id} for value in values])


def _numbered(value: Mapping[str, Any]) -> dict[str, Any]:
    lines: list[dict[str, Any]] = [
        {**line, "number": place} for place, line in enumerate(value.get("lines") or (), start=1)
    ]
    return {**value, "lines": lines}


@action(
    Voucher,
    name="keep",
    label=_("Keep as template"),
    permission="finance.voucher_template.create",
    icon="bookmark",
    labels={"name": _("Name")},
    done=_("%(count)s templates kept"),
)
def keep_as_template(ctx: Context, vouchers: Records[Voucher], *, name: str) -> VoucherTemplate:
    """Keep a voucher as a template under a name.

    :raises BusinessError: several vouchers were chosen, or there is a template with this name
    """
    if len(vouchers) != 1:
        raise BusinessError(_("Choose one voucher."))
    voucher = vouchers.one()
    lines: list[dict[str, Any]] = [
        {key.removesuffix("_id"): getattr(line, key) for key in _LINE} for line in voucher.lines
    ]
    made = ctx.run(create_templates, values=[{"name": name, "word": voucher.word_id, "lines": lines}]).id
    return ctx.all(VoucherTemplate, VoucherTemplate.id == made).one()


@action(
    VoucherTemplate,
    name="write",
    label=_("Write voucher"),
    permission="finance.voucher.create",
    icon="writing",
    done=_("%(count)s vouchers written as drafts"),
)
def write_from_template(ctx: Context, templates: Records[VoucherTemplate]) -> list[int]:
    """Write a draft from each template on its day, or today; give their ids.

    :raises BusinessError: a template has no amounts, or its voucher would be wrong
    """
    from hanse_finance.actions.reversal import first_open_day

    made: list[int] = []
    for template in templates:
        on = template.next_day if template.rhythm is not Rhythm.NEVER and template.next_day else first_open_day(ctx)
        made += ctx.run(record_vouchers, values=[_voucher(template, on)]).done
        if template.rhythm is not Rhythm.NEVER and template.next_day is not None:
            later = after(template.next_day, template.rhythm)
            ctx.update([template.id], VoucherTemplate, {"next_day": later})
    templates.forget()
    return made


def _voucher(template: VoucherTemplate, on: date) -> dict[str, Any]:
    return {
        "day": on,
        "word": template.word_id,
        "maker": template.maker_id,
        "lines": [{key.removesuffix("_id"): getattr(line, key) for key in _LINE} for line in template.lines],
    }


def after(day: date, rhythm: Rhythm) -> date:
    """Give the day a rhythm comes to next; the last day of a month leads to the last day of another."""
    months = _MONTHS[rhythm]
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    longest = monthrange(year, month + 1)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, longest if is_last else min(day.day, longest))


@scheduled(every=days(1), at="06:00", label=_("Write vouchers that recur"))
def write_recurring(ctx: Context) -> None:
    """Write the vouchers whose day has come, and those that were missed; what is refused is told to who made it."""
    due = ctx.all(
        VoucherTemplate,
        VoucherTemplate.active.is_(True),
        VoucherTemplate.rhythm != Rhythm.NEVER,
        VoucherTemplate.next_day <= ctx.today,
    )
    for template in list(due):
        while template.next_day is not None and template.next_day <= ctx.today:
            try:
                ctx.run(write_from_template, [template.id])
            except BusinessError as error:
                ctx.notify(
                    [template.maker_id],
                    _("“%(name)s” was not written: %(why)s", name=template.name, why=str(error)),
                    record=template,
                )
                break
            ctx.session.refresh(template)


__all__ = ["after", "create_templates", "keep_as_template", "write_from_template", "write_recurring"]
