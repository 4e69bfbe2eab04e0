"""What people see of equipment and loans, and of deposits on contacts."""

from __future__ import annotations

from acme_loans.models import Equipment, Loan, LoansPartner, LoanState
from hanse import After, Filter, Row, Screen, Tab, _, menu_section
from hanse_contacts.models import Partner
from hanse_contacts.screens import PARTNERS

menu_section("loans", _("Equipment"), order=60, icon="package")

EQUIPMENT = Screen(
    Equipment,
    title=_("Equipment"),
    menu="loans",
    list=[Equipment.code, Equipment.name, Equipment.department, Equipment.value],
    filters=[Equipment.department],
    form=[Row(Equipment.name, Equipment.code), Row(Equipment.department, Equipment.value)],
)

LOANS = Screen(
    Loan,
    title=_("Loans"),
    menu="loans",
    list=[Loan.equipment, Loan.borrower, Loan.purpose, Loan.until, Loan.state],
    filters=[
        Loan.state,
        Loan.borrower,
        Filter(_("Overdue"), lambda ctx: (Loan.state == LoanState.OUT) & (Loan.until < ctx.today)),
    ],
    form=[Row(Loan.equipment, Loan.borrower), Row(Loan.until, Loan.state), Row(Loan.purpose)],
)

PARTNERS.extend(form=After(Partner.tax_id, LoansPartner.deposit), tabs=[Tab(_("Loans"), LoansPartner.loans)])
