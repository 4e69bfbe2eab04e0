"""Write invoices, and take them back by credit notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hanse import BusinessError, Context, Records, _, action
from hanse.actions.generic import check_rights, save
from hanse_invoicing.drafts import complete
from hanse_invoicing.models import Invoice, InvoiceLine, InvoiceState

#: What a stored line keeps unless somebody says otherwise; links by their ids.
_LINE_FIELDS = ("description", "quantity", "unit", "price", "discount")
_LINE_LINKS = ("tax", "account", "details")
_FIELDS = ("kind", "day", "rate", "tax_included", "reference", "note")
_LINKS = ("partner", "term", "currency", "account")
#: What the other side's paper says of itself may be noted at any time.
_ALWAYS = frozenset({"series", "their_number", "their_day", "reference", "note"})


@action(
    Invoice,
    name="create",
    label=_("New invoice"),
    permission="invoicing.invoice.create",
    creates=True,
    hidden=True,
    fills=("day", "currency"),
)
def create_invoices(ctx: Context, invoices: Records[Invoice], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Write drafts; amounts follow from the lines, terms from the partner.

    :raises BusinessError: what is missing or wrong, all at once, by line and field
    """
    check_rights(ctx, Invoice, values)
    return ctx.insert(Invoice, complete(ctx, values))


@action(Invoice, name="update", label=_("Save"), permission="invoicing.invoice.update", hidden=True)
def update_invoices(ctx: Context, invoices: Records[Invoice], *, values: Mapping[str, Any]) -> None:
    """Change drafts; of posted ones only what the tax invoice's own paper says.

    :raises BusinessError: it is posted, or what it would become is wrong
    """
    check_rights(ctx, Invoice, [values], records=invoices.ids)
    added = {name for name, field in Invoice.__fields__.items() if field.addon != "hanse_invoicing"}
    always = values.keys() <= _ALWAYS | added
    for invoice in list(invoices):
        one = Records(ctx.session, Invoice, ids=[invoice.id])
        if always:
            save(ctx, one, values)
            continue
        if invoice.state is not InvoiceState.DRAFT:
            raise BusinessError(
                _("This is posted. Take it back by a credit note, and write another."), record=invoice.id
            )
        stored = {line.id: line_values(ctx, line) | {"id": line.id} for line in invoice.lines}
        lines = [{**stored.get(line.get("id") or 0, {}), **line} for line in values.get("lines", stored.values())]
        (row,) = complete(ctx, [{**header_values(invoice), **values, "lines": lines}])
        row.pop("maker")
        save(ctx, one, row)
    invoices.forget()


def header_values(invoice: Invoice) -> dict[str, Any]:
    """Give what a person wrote about a document, but its lines."""
    return {name: getattr(invoice, name) for name in _FIELDS} | {
        name: getattr(invoice, f"{name}_id") for name in _LINKS
    }


def line_values(ctx: Context, line: Any) -> dict[str, Any]:
    """Give what a person wrote on a line, fields of other addons that are on among it."""
    own = {name: getattr(line, name) for name in _LINE_FIELDS} | {
        name: getattr(line, f"{name}_id") for name in _LINE_LINKS
    }
    added = [one for one in InvoiceLine.__fields__.values() if one.addon != "hanse_invoicing" and not one.readonly]
    return own | {one.name: getattr(line, one.column) for one in added if one.addon in ctx.enabled}


@action(
    Invoice,
    name="credit",
    label=_("Write credit note"),
    permission="invoicing.invoice.create",
    icon="arrow-back-up",
    done=_("%(count)s credit notes are drafts now"),
    offered=lambda invoice: invoice.state is InvoiceState.POSTED and not invoice.kind.is_credit,
)
def credit_invoices(ctx: Context, invoices: Records[Invoice]) -> list[int]:
    """Write for each posted invoice the draft of a credit note that takes all of it back; give their ids.

    :raises BusinessError: one is not posted, or a credit note itself
    """
    values: list[dict[str, Any]] = []
    for invoice in list(invoices):
        if invoice.state is not InvoiceState.POSTED or invoice.kind.is_credit:
            raise BusinessError(_("Only a posted invoice is taken back by a credit note."), record=invoice.id)
        header = header_values(invoice) | {"kind": invoice.kind.credit, "day": max(ctx.today, invoice.day)}
        values.append(
            header
            | {
                "corrects": invoice.id,
                "reference": invoice.number,
                "note": None,
                "lines": [line_values(ctx, line) for line in invoice.lines],
            }
        )
    return ctx.insert(Invoice, complete(ctx, values))
