"""Files that banks take: ISO 20022 pain.001 for transfers, and a table for Chinese online banking."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree import ElementTree

from stdnum import iban

from hanse import BusinessError, Context, _
from hanse.errors import NotFound
from hanse.i18n import Label
from hanse.models import Model
from hanse_invoicing.models import PaymentRun, RunState

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer: whom, to which account, how much, what for."""

    end_to_end: str
    name: str
    account: str
    bic: str | None
    bank: str | None
    amount: Decimal
    purpose: str


@dataclass(frozen=True, slots=True)
class Order:
    """All transfers of a run."""

    number: str
    sender: str
    account: str
    bic: str | None
    currency: str
    places: int
    day: date
    transfers: Sequence[Transfer]

    @property
    def total(self) -> Decimal:
        """The sum of all transfers."""
        return sum((one.amount for one in self.transfers), ZERO)


def order_of(ctx: Context, run: PaymentRun) -> Order:
    """Gather what a bank must know of a run: one transfer for each partner and bank account.

    :raises BusinessError: nobody has confirmed it, or an account is missing
    """
    if run.state is RunState.DRAFT:
        raise BusinessError(_("Have the payment run confirmed first."), record=run.id)
    if not run.our_account:
        raise BusinessError(_("Enter our account number on the payment run first."), record=run.id)
    groups: dict[tuple[int, int], list[tuple[str, Decimal]]] = {}
    told: dict[tuple[int, int], tuple[str, str, str | None, str | None]] = {}
    for line in run.lines:
        partner, account = line.item.partner, line.bank_account
        if account is None:
            message = _("%(partner)s has no bank account to be paid to.", partner=partner.name)
            raise BusinessError(message, record=run.id)
        key = (partner.id, account.id)
        invoice = line.item.invoice
        document = (invoice.their_number if invoice is not None else None) or line.item.document
        groups.setdefault(key, []).append((document, line.amount))
        told[key] = (account.holder or partner.name, account.account_number, account.bic, account.bank)
    transfers = [
        Transfer(
            f"{run.number}-{place}",
            *told[key],
            sum((amount for _document, amount in parts), ZERO),
            " ".join(document for document, _amount in parts)[:140],
        )
        for place, (key, parts) in enumerate(groups.items(), start=1)
    ]
    return Order(
        run.number,
        ctx.company.name,
        run.our_account,
        run.our_bic,
        run.currency.code,
        run.currency.places,
        run.day,
        transfers,
    )


# --- pain.001 ---------------------------------------------------------------------------------------------------------


def pain001(order: Order, now: datetime) -> bytes:
    """Write a customer credit transfer initiation, pain.001.001.09, one group of transfers.

    In euro they are SEPA transfers.  Texts are cut to the lengths of the standard; an account that is no valid IBAN is
    written as another kind of number.
    """
    document = ElementTree.Element("Document", {"xmlns": NAMESPACE})
    body = ElementTree.SubElement(document, "CstmrCdtTrfInitn")
    header = ElementTree.SubElement(body, "GrpHdr")
    count, total = str(len(order.transfers)), _amount(order.total, order)
    _texts(header, MsgId=order.number[:35], CreDtTm=now.strftime("%Y-%m-%dT%H:%M:%S"), NbOfTxs=count, CtrlSum=total)
    _texts(ElementTree.SubElement(header, "InitgPty"), Nm=order.sender[:140])
    group = ElementTree.SubElement(body, "PmtInf")
    _texts(group, PmtInfId=order.number[:35], PmtMtd="TRF", NbOfTxs=count, CtrlSum=total)
    sepa = order.currency == "EUR"
    if sepa:
        kind = ElementTree.SubElement(group, "PmtTpInf")
        _texts(ElementTree.SubElement(kind, "SvcLvl"), Cd="SEPA")
    _texts(ElementTree.SubElement(group, "ReqdExctnDt"), Dt=order.day.isoformat())
    _texts(ElementTree.SubElement(group, "Dbtr"), Nm=order.sender[:140])
    _account(ElementTree.SubElement(group, "DbtrAcct"), order.account)
    _agent(ElementTree.SubElement(group, "DbtrAgt"), order.bic, None)
    _texts(group, ChrgBr="SLEV" if sepa else "SHAR")
    for one in order.transfers:
        _transfer(ElementTree.SubElement(group, "CdtTrfTxInf"), one, order)
    ElementTree.indent(document)
    content: bytes = ElementTree.tostring(document, encoding="UTF-8", xml_declaration=True)
    return content


def _transfer(element: ElementTree.Element, one: Transfer, order: Order) -> None:
    _texts(ElementTree.SubElement(element, "PmtId"), EndToEndId=one.end_to_end[:35])
    amount = ElementTree.SubElement(ElementTree.SubElement(element, "Amt"), "InstdAmt", {"Ccy": order.currency})
    amount.text = _amount(one.amount, order)
    if one.bic or one.bank:
        _agent(ElementTree.SubElement(element, "CdtrAgt"), one.bic, one.bank)
    _texts(ElementTree.SubElement(element, "Cdtr"), Nm=one.name[:140])
    _account(ElementTree.SubElement(element, "CdtrAcct"), one.account)
    _texts(ElementTree.SubElement(element, "RmtInf"), Ustrd=one.purpose[:140])


def _amount(amount: Decimal, order: Order) -> str:
    return f"{amount:.{order.places}f}"


def _texts(element: ElementTree.Element, **texts: str) -> None:
    for name, said in texts.items():
        ElementTree.SubElement(element, name).text = said


def _account(element: ElementTree.Element, number: str) -> None:
    plain = "".join(number.split())
    identity = ElementTree.SubElement(element, "Id")
    if iban.is_valid(plain):
        _texts(identity, IBAN=plain.upper())
    else:
        _texts(ElementTree.SubElement(identity, "Othr"), Id=plain[:34])


def _agent(element: ElementTree.Element, bic: str | None, bank: str | None) -> None:
    institution = ElementTree.SubElement(element, "FinInstnId")
    if bic:
        _texts(institution, BICFI=bic)
    elif bank:
        _texts(institution, Nm=bank[:140])
    else:
        _texts(ElementTree.SubElement(institution, "Othr"), Id="NOTPROVIDED")


# --- a table ----------------------------------------------------------------------------------------------------------


def table(order: Order) -> bytes:
    """Write the transfers as CSV with the headings that Chinese online banks take (批量付款), UTF-8 with its mark."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["序号", "付款账号", "收款账号", "收款户名", "收款银行", "金额", "币种", "用途"])
    for place, one in enumerate(order.transfers, start=1):
        amount = _amount(one.amount, order)
        row = [place, order.account, one.account, one.name, one.bank or "", amount, order.currency, one.purpose]
        writer.writerow([_harmless(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _harmless(cell: object) -> object:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell


@dataclass(frozen=True, slots=True)
class TransferFile:
    """The file for the bank, as a document of payment runs."""

    name: str
    label: Label
    addon: str = "hanse_invoicing"
    permission: str = "invoicing.payment_run.read"

    def answer(self, request: WebRequest, _model: type[Model], ids: Sequence[int]) -> Response:
        """Send the file of one run.

        :raises NotFound: it is not there for this person
        :raises BusinessError: it is not confirmed, or says too little
        """
        from pyramid.response import Response

        runs = list(request.ctx.visible(PaymentRun, PaymentRun.id.in_(ids)))
        if not runs:
            raise NotFound(_("There is nothing to print, or it is not for you."))
        if len(runs) > 1:
            raise BusinessError(_("A file for the bank holds one payment run; choose one."))
        order = order_of(request.ctx, runs[0])
        xml = self.name == "pain001"
        content = pain001(order, request.ctx.now) if xml else table(order)
        response = Response(body=content, content_type="application/xml" if xml else "text/csv")
        ending = "xml" if xml else "csv"
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(order.number)}.{ending}"
        response.headers["Cache-Control"] = "private, no-store"
        return response
