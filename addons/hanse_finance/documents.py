"""Vouchers as PDF in the browser: a document for each form that an addon brings."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import quote

from hanse import BusinessError, Context, _
from hanse.i18n import Label
from hanse.models import Model
from hanse_finance.permissions import Finance
from hanse_finance.printed import VoucherForm, voucher_form

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

MEDIA_TYPE = "application/pdf"
#: Files up to this many bytes are kept in memory while they are sent.
_IN_MEMORY = 4 * 2**20


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
        return cls(form.name, form.label, form.addon)

    def answer(self, request: WebRequest, _model: type[Model], ids: Sequence[int]) -> Response:
        """Send vouchers as one file, in the order of their numbers.

        :raises Forbidden: the person may not print
        :raises BusinessError: there is nothing to print, or the form is not there
        """
        from pyramid.response import FileIter, Response

        from hanse_finance import printing

        ctx = request.ctx
        ordered = printing.in_order(ctx, ids)
        if not ordered:
            raise BusinessError(_("There is nothing to print, or it is not for you."))
        spool = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  the answer closes it
        out = cast("BinaryIO", spool)  # it is one in all but name
        form = voucher_form(self.name, ctx.enabled)
        printing.print_to(
            ctx, ordered, form, out, files=request.services.files, locale=ctx.locale, title=file_name(ctx)
        )
        size = out.tell()
        out.seek(0)
        response = Response(app_iter=FileIter(out), content_type=MEDIA_TYPE, content_length=size)
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file_name(ctx))}.pdf"
        response.headers["Cache-Control"] = "private, no-store"
        return response


def file_name(ctx: Context, period: str = "") -> str:
    """Name a file of vouchers after company and period."""
    return " ".join(part for part in (ctx.company.name, period, str(_("vouchers"))) if part)
