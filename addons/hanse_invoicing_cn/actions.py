"""Load what Chinese companies need, and take electronic invoices in."""

from __future__ import annotations

from hanse import BusinessError, Context, Records, _, action
from hanse.files import uploads
from hanse_invoicing.models import Invoice, Tax
from hanse_invoicing_cn import rates


@action(
    Tax,
    name="load_chinese",
    label=_("Load Chinese rates"),
    permission="invoicing.tax.create",
    creates=True,
    icon="download",
    done=_("Chinese rates are there now"),
)
def load_chinese(ctx: Context, taxes: Records[Tax]) -> list[int]:
    """Add the VAT rates of the company's kind of taxpayer that it lacks."""
    rates.load(ctx)
    return []


@action(
    Invoice,
    name="take_fapiao",
    label=_("Take in electronic invoices"),
    permission="invoicing.invoice.create",
    creates=True,
    hidden=True,
)
def take_fapiao(ctx: Context, invoices: Records[Invoice], *, xml: str, original: str = "") -> list[int]:
    """Make a draft bill of the XML of a 数电票; give its id.

    :param original: key of the uploaded file it came in, which is kept unchanged with the bill
    :raises BusinessError: it cannot be read, is for somebody else, does not add up, or is entered already
    """
    from hanse_invoicing_cn.bills import draft
    from hanse_invoicing_cn.fapiao import read

    stored = uploads.find(ctx.session, ctx.user.id, original) if original else None
    if original and stored is None:
        raise BusinessError(_("The original file is not there. Send it first."), field="original")
    return [draft(ctx, read(xml), stored)]
