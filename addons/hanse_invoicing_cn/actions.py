"""Load what Chinese companies need."""

from __future__ import annotations

from hanse import Context, Records, _, action
from hanse_invoicing.models import Tax
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
