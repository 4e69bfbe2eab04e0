"""Templates of vouchers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse import Button, Lines, Row, Screen, _, page
from hanse_finance.models import Rhythm, TemplateLine, VoucherTemplate
from hanse_finance.screens.vouchers import uses_dimensions

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

TEMPLATES = Screen(
    VoucherTemplate,
    title=_("Voucher templates"),
    singular=_("Voucher template"),
    menu="finance",
    icon="bookmark",
    order=12,
    list=[VoucherTemplate.name, VoucherTemplate.word, VoucherTemplate.rhythm, VoucherTemplate.next_day],
    filters=[VoucherTemplate.rhythm, VoucherTemplate.next_day],
    form=[
        Row(VoucherTemplate.name, VoucherTemplate.word),
        Row(VoucherTemplate.rhythm, VoucherTemplate.next_day),
        Lines(
            VoucherTemplate.lines,
            columns=[
                TemplateLine.summary,
                TemplateLine.account,
                TemplateLine.details,
                TemplateLine.cash_item,
                TemplateLine.debit,
                TemplateLine.credit,
            ],
            sides=("debit", "credit"),
            repeat=["summary"],
            widths={"details": "l", "cash_item": "m"},
            blank=2,
            optional=["cash_item"],
            shown_if={"details": uses_dimensions},
            asks_with={"details": ["account"]},
        ),
    ],
    tones={Rhythm.MONTHLY: "info", Rhythm.QUARTERLY: "info", Rhythm.YEARLY: "info"},
    buttons=[Button("begin-voucher", of_record=True)],
    anew=[VoucherTemplate.name, VoucherTemplate.next_day],
)


@page("begin-voucher", title=_("Begin a voucher"), icon="plus", permission="finance.voucher.create")
def begin_voucher(request: WebRequest) -> Response:
    """Open a new voucher with the lines of a template."""
    from pyramid.httpexceptions import HTTPSeeOther

    return HTTPSeeOther(request.to("/finance/voucher/new", template=str(request.GET.get("record", ""))))
