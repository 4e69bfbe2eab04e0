"""Vouchers as PDF in the browser: a document for each form that an addon brings, and the page on which one chooses."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal, cast
from urllib.parse import quote

from hanse import BusinessError, Context, _
from hanse.i18n import Label
from hanse.models import Model
from hanse_finance.permissions import Finance
from hanse_finance.printed import VoucherForm, voucher_form

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest
    from hanse_finance.choosing import PrintChoice

MEDIA_TYPE = "application/pdf"
#: The page of :mod:`hanse_finance.screens.printing`.
PAGE = "/finance/print-vouchers"
#: Files up to this many bytes are kept in memory while they are sent.
_IN_MEMORY = 4 * 2**20
#: More records than these do not fit an address.
_MOST_IN_ADDRESS = 500


@dataclass(frozen=True, slots=True)
class ChoosePrint:
    """The way to the page on which one chooses how vouchers are printed."""

    label: Label
    name: str = "choose"
    addon: str = "hanse_finance"
    permission: str = Finance.PRINT
    is_page: bool = True

    def answer(self, request: WebRequest, _model: type[Model], ids: Sequence[int]) -> Response:
        """Lead to the page, with the vouchers.

        :raises BusinessError: they are too many for an address
        """
        from pyramid.httpexceptions import HTTPSeeOther

        if len(ids) > _MOST_IN_ADDRESS:
            raise BusinessError(
                _("Select at most %(most)s vouchers, or choose period and numbers.", most=_MOST_IN_ADDRESS)
            )
        return HTTPSeeOther(request.to(PAGE, ids=",".join(map(str, ids))))


@dataclass(frozen=True, slots=True)
class VoucherDocument:
    """Vouchers printed on a form: ``Screen(Voucher, documents=[VoucherDocument.on(form)])``, for one record or many.

    :ivar name: as it stands in addresses
    :ivar addon: it is offered where this addon is on
    :ivar permission: and to those who hold this
    """

    name: str
    label: Label
    addon: str
    permission: str = Finance.PRINT

    @classmethod
    def on(cls, form: VoucherForm) -> VoucherDocument:
        """Make the document of a form."""
        return cls(form.name, _("Vouchers: %(form)s", form=form.label), form.addon)

    def answer(self, request: WebRequest, _model: type[Model], ids: Sequence[int]) -> Response:
        """Send vouchers as one file, in the order of their numbers, as the person printed last.

        :raises Forbidden: the person may not print
        :raises BusinessError: there is nothing to print, or the form is not there
        """
        from hanse_finance import printing
        from hanse_finance.binding import LOOSE
        from hanse_finance.choosing import PrintChoice, print_layout

        ctx = request.ctx
        ordered = printing.in_order(ctx, ids)
        form = voucher_form(self.name, ctx.enabled)
        return send(request, ordered, PrintChoice(form.name, print_layout(ctx, form), LOOSE))


def send(
    request: WebRequest,
    ids: Sequence[int],
    choice: PrintChoice,
    name: str = "",
    how: Literal["attachment", "inline"] = "attachment",
) -> Response:
    """Send vouchers as one file.

    :raises BusinessError: there is nothing to print, or the form is not there
    """
    from pyramid.response import FileIter, Response

    from hanse_finance import printing

    ctx = request.ctx
    if not ids:
        raise BusinessError(_("There is nothing to print, or it is not for you."))
    spool = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  the answer closes it
    out = cast("BinaryIO", spool)  # it is one in all but name
    named = name or file_name(ctx)
    printing.print_to(
        ctx,
        ids,
        voucher_form(choice.form, ctx.enabled),
        out,
        files=request.services.files,
        locale=ctx.locale,
        look=choice.look,
        binding=choice.binding,
        title=named,
    )
    size = out.tell()
    out.seek(0)
    response = Response(app_iter=FileIter(out), content_type=MEDIA_TYPE, content_length=size)
    response.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(named)}.pdf"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def file_name(ctx: Context, period: str = "") -> str:
    """Name a file of vouchers after company and period."""
    return " ".join(part for part in (ctx.company.name, period, str(_("vouchers"))) if part)
