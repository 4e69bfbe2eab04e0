"""Which accounts documents are posted to, the dimensions their lines name, and the words their vouchers stand under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import select, text

from hanse import BusinessError, Context, _
from hanse.models import link_id
from hanse_contacts.models import Partner
from hanse_finance import details
from hanse_finance.entry import latest_rate
from hanse_finance.models import DimensionSource, VoucherWord
from hanse_invoicing.models import InvoicingPartner, InvoicingSettings, Ledger

#: Which words of vouchers suit a document where nobody has chosen one.
_TRANSFERS, _RECEIPTS, _PAYMENTS = ("转",), ("收", "银收"), ("付", "银付")
_CONTROL = text(
    """
    SELECT a.id FROM finance_account a
    JOIN finance_account_dimension r ON r.account_id = a.id AND r.company_id = a.company_id
    JOIN finance_dimension d ON d.id = r.dimension_id AND d.company_id = a.company_id
    WHERE a.company_id = :company AND a.postable AND a.active AND a.type = :type AND d.source = :source
    ORDER BY a.code LIMIT 1
    """
)
_INCOME = text(
    "SELECT id FROM finance_account WHERE company_id = :company AND postable AND active AND type = 'income' "
    "ORDER BY code LIMIT 1"
)
_REQUIRED = text(
    """
    SELECT r.account_id, d.id, d.source, d.name FROM finance_account_dimension r
    JOIN finance_dimension d ON d.id = r.dimension_id AND d.company_id = r.company_id
    WHERE r.company_id = :company AND r.account_id = ANY(:accounts)
    """
)
#: Ledger, whether it is an advance → its setting, and type and dimension of the account that is taken without.
_CONTROLS: Mapping[tuple[Ledger, bool], tuple[str, str, DimensionSource]] = {
    (Ledger.RECEIVABLE, False): ("receivable_account", "asset", DimensionSource.CUSTOMERS),
    (Ledger.RECEIVABLE, True): ("received_advance_account", "liability", DimensionSource.CUSTOMERS),
    (Ledger.PAYABLE, False): ("payable_account", "liability", DimensionSource.SUPPLIERS),
    (Ledger.PAYABLE, True): ("paid_advance_account", "asset", DimensionSource.SUPPLIERS),
}
_PARTNERS = (DimensionSource.CUSTOMERS, DimensionSource.SUPPLIERS)
#: What a line is kept by: its account, the partner, and the combination that was chosen on it.
Kept = tuple[int, int, int | None]


class Accounts:
    """Accounts, dimensions and words of a company, looked up once for many documents.  Used inside an action."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.settings = ctx.settings(InvoicingSettings)
        self._control: dict[tuple[Ledger, bool], int] = {}
        self._own: dict[int, tuple[int | None, int | None]] = {}
        self._details = details.Details(ctx)
        self._rates: dict[tuple[int, Any], Decimal] = {}

    def read_partners(self, partners: Iterable[int]) -> None:
        """Read the accounts of partners in one statement, where many are asked for."""
        wanted = sorted(set(partners) - self._own.keys())
        query = select(
            Partner.id, link_id(InvoicingPartner.receivable_account), link_id(InvoicingPartner.payable_account)
        ).where(Partner.id.in_(wanted))
        self._own |= {key: (receivable, payable) for key, receivable, payable in self.ctx.session.execute(query)}

    def control(self, ledger: Ledger, partner: int, *, advance: bool = False) -> int:
        """Give the account that a partner's debts stand on: the partner's own, of the settings, by its dimension.

        :raises BusinessError: there is none
        """
        if not advance:
            if partner not in self._own:
                self.read_partners([partner])
            receivable, payable = self._own.get(partner, (None, None))
            chosen = receivable if ledger is Ledger.RECEIVABLE else payable
            if chosen is not None:
                return chosen
        key = (ledger, advance)
        if key not in self._control:
            self._control[key] = self._found(*_CONTROLS[key])
        return self._control[key]

    def _found(self, setting: str, kind: str, source: DimensionSource) -> int:
        chosen = getattr(self.settings, f"{setting}_id")
        if chosen is not None:
            return int(chosen)
        asked = {"company": self.ctx.company.id, "type": kind, "source": source.value}
        found = self.ctx.session.scalar(_CONTROL, asked)
        if found is None:
            raise self._missing(setting)
        return int(found)

    @cached_property
    def income(self) -> int | None:
        """The account of lines that are sold, where they name none."""
        if self.settings.income_account_id is not None:
            return self.settings.income_account_id
        found: int | None = self.ctx.session.scalar(_INCOME, {"company": self.ctx.company.id})
        return found

    def line_account(self, *, sells: bool) -> int | None:
        """Give the account of a line that names none; None: it must."""
        return self.income if sells else self.settings.expense_account_id

    def chosen(self, setting: str) -> int:
        """Give an account that only the settings can name.

        :raises BusinessError: they do not
        """
        found = getattr(self.settings, f"{setting}_id")
        if found is None:
            raise self._missing(setting)
        return int(found)

    def _missing(self, setting: str) -> BusinessError:
        label = InvoicingSettings.__fields__[setting].label
        return BusinessError(
            _("No account for “%(what)s” was found. Name one under System, Settings, Receivables.", what=label)
        )

    # --- dimensions

    def details(self, account: int, partner: int, given: int | None = None) -> int | None:
        """Give the combination that lines of an account need: the partner as customer or supplier, the rest as given.

        Values and combinations that are not there are made.  What is missing is left to finance to refuse.
        """
        return self.all_details([(account, partner, given)])[0]

    def all_details(self, wanted: Sequence[Kept]) -> list[int | None]:
        """Give the combinations of many lines, in a handful of statements however many there are."""
        return self._details.find([details.Kept(account, partner, given=given) for account, partner, given in wanted])

    # --- currencies and words

    def rate(self, currency: int, given: Decimal | None, on: Any) -> Decimal:
        """Give the exchange rate of a document: its own, else the latest on or before its day.

        :raises BusinessError: there is none
        """
        if currency == self.ctx.company.currency_id:
            return Decimal(1)
        if given is not None:
            return given
        key = (currency, on)
        if key not in self._rates:
            found = latest_rate(self.ctx, currency, on)
            if found is None:
                raise BusinessError(
                    _("There is no exchange rate on or before %(day)s. Enter one.", day=on), field="rate"
                )
            self._rates[key] = found
        return self._rates[key]

    @cached_property
    def _words(self) -> list[tuple[int, str]]:
        query = (
            select(VoucherWord.id, VoucherWord.code)
            .where(VoucherWord.company_id == self.ctx.company.id)
            .order_by(VoucherWord.position, VoucherWord.id)
        )
        return [(key, code) for key, code in self.ctx.session.execute(query)]

    def _word(self, chosen: int | None, codes: Sequence[str]) -> int | None:
        return chosen or next((key for key, code in self._words if code in codes), None)

    @property
    def invoice_word(self) -> int | None:
        """The series of vouchers that invoices stand in; None: the first."""
        return self._word(self.settings.invoice_word_id, _TRANSFERS)

    @property
    def receipt_word(self) -> int | None:
        """The series of vouchers that money received stands in."""
        return self._word(self.settings.receipt_word_id, _RECEIPTS)

    @property
    def payment_word(self) -> int | None:
        """The series of vouchers that money paid stands in."""
        return self._word(self.settings.payment_word_id, _PAYMENTS)


def kept_by(ctx: Context, accounts: Sequence[int]) -> dict[int, list[int]]:
    """Give the dimensions of customers and suppliers that accounts are kept by."""
    found: dict[int, list[int]] = {}
    for account, dimension, source, _name in ctx.session.execute(
        _REQUIRED, {"company": ctx.company.id, "accounts": list(accounts)}
    ):
        if DimensionSource(source) in _PARTNERS:
            found.setdefault(account, []).append(dimension)
    return found


__all__ = ["Accounts", "kept_by"]
