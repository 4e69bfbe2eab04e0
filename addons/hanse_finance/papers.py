"""What finance prints, as far as letterhead and seal are concerned."""

from typing import Final

from hanse import _
from hanse.paper import PaperKind, register_paper

#: The form leaves room for the company's name only.
VOUCHER_PAPER: Final = register_paper(PaperKind("finance.voucher", _("Vouchers"), "hanse_finance", head="name"))
#: The forms are laid down by law; a seal goes over the company's name.
STATEMENT_PAPER: Final = register_paper(
    PaperKind("finance.statement", _("Financial statements"), "hanse_finance", head="name", official=True)
)
