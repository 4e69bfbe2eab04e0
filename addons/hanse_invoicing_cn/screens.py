"""Chinese fields on taxes and invoices."""

from __future__ import annotations

from hanse import After
from hanse_invoicing.screens import INVOICES, TAXES
from hanse_invoicing_cn.models import ChineseTax, FapiaoInvoice

TAXES.extend(form=After(ChineseTax.percent, ChineseTax.taxpayer))
INVOICES.extend(form=After(FapiaoInvoice.their_day, FapiaoInvoice.fapiao_kind, FapiaoInvoice.fapiao_file))
