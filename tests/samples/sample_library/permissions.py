"""What people may do in a library."""

from hanse import Permissions, _, permission


class Can(Permissions):
    """Sorted by name."""

    LOAN_LEND = permission("loan.lend", _("Lend books"))
    LOAN_PRICE = permission("loan.price", _("Change the fee of a loan"))
    LOAN_SECRET = permission("loan.secret", _("See what is noted about a loan"))
