"""Take electronic invoices in."""

from __future__ import annotations

from hanse import BusinessError, Context, Records, _, action
from hanse.files import uploads
from hanse_invoicing.electronic.receiving import reader_of
from hanse_invoicing.models import Invoice


@action(
    Invoice,
    name="take_in",
    label=_("Take in electronic invoices"),
    permission="invoicing.invoice.create",
    creates=True,
    hidden=True,
)
def take_in(ctx: Context, invoices: Records[Invoice], *, xml: str, original: str = "") -> list[int]:
    """Make a draft bill of the XML of an electronic invoice, whatever its kind; give its id.

    :param original: key of the uploaded file it came in, which is kept unchanged with the bill
    :raises BusinessError: it cannot be read, is for somebody else, does not add up, or is entered already
    """
    stored = uploads.find(ctx.session, ctx.user.id, original) if original else None
    if original and stored is None:
        raise BusinessError(_("The original file is not there. Send it first."), field="original")
    return [reader_of(ctx, xml).draft(ctx, xml, stored)]
