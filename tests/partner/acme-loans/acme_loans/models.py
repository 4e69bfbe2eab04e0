"""Equipment, loans, and what lending knows of a partner."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from typing_extensions import override

from acme_loans.permissions import Loans
from hanse import BusinessError, Choice, Mapped, Model, Scope, Unique, _, choice, day, lines, link, money, number, text
from hanse.directory.models import Department
from hanse_contacts.models import Partner


class LoanState(Choice):
    """Where a thing is."""

    DRAFT = "draft", _("Draft")
    OUT = "out", _("Lent")
    BACK = "back", _("Back")


class AlreadyOut(BusinessError):
    """Somebody else has the thing."""

    def __init__(self, loan: Loan | None) -> None:
        if loan is None:  # the index found it before we could
            super().__init__(_("Somebody else was faster: it is lent already."), field="equipment")
        else:
            message = _(
                "%(thing)s is with %(who)s until %(day)s.",
                thing=loan.equipment.name,
                who=loan.borrower.name,
                day=loan.until,
            )
            super().__init__(message, field="equipment")


class Equipment(Model):
    """A thing that can be lent."""

    __tablename__ = "loans_equipment"
    __display__ = ("code", "name")
    __scope__ = Scope(department="department")
    code: Mapped[str] = number(_("Code"), rule="EQ-{number:4}", search=True)
    name: Mapped[str] = text(_("Name"), max_length=80, search=True)
    department: Mapped[Department] = link(_("Kept by"))
    value: Mapped[Decimal | None] = money(_("Replacement value"))


class Loan(Model):
    """One thing in one person's hands for a while."""

    __tablename__ = "loans_loan"
    __display__ = ("purpose",)
    __scope__ = Scope(department="equipment.department")
    __rules__ = [Unique("equipment", where="state = 'out'", error=AlreadyOut)]
    equipment: Mapped[Equipment] = link(_("Equipment"))
    borrower: Mapped[LoansPartner] = link(_("Borrower"), back_populates="loans")
    purpose: Mapped[str | None] = text(_("Purpose"), search=True)
    until: Mapped[date] = day(_("Return by"))
    state: Mapped[LoanState] = choice(_("State"), default=LoanState.DRAFT, readonly=True)

    def is_overdue(self, on: date) -> bool:
        """Tell whether the thing is out after its day."""
        return self.state is LoanState.OUT and self.until < on


class LoansPartner(Partner, extends=True):
    """What lending knows of a partner."""

    deposit: Mapped[Decimal | None] = money(_("Deposit"), per_company=True, write=Loans.MANAGE)
    loans: Mapped[list[Loan]] = lines(_("Loans"))

    @override
    def may_be_deleted(self) -> bool:
        return super().may_be_deleted() and not self.loans
