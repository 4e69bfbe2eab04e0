"""What China brings to printing: voucher forms, and amounts in capital words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO, Final

from hanse import _
from hanse.i18n import Label
from hanse_finance.printed import Letterhead, PrintedVoucher, PrintResult, VoucherForm, register_form, register_words

if TYPE_CHECKING:  # what draws takes a third of a second to import, and most processes never print
    from hanse_cn.forms.geometry import FormName


class _Printer:
    """Prints on one of our forms."""

    def __init__(self, form: FormName) -> None:
        self._form: Final = form

    def __call__(
        self,
        vouchers: Iterable[PrintedVoucher],
        *,
        out: BinaryIO,
        locale: str,
        letterhead: Letterhead,
        title: str,
        progress: Callable[[int], None] | None,
    ) -> PrintResult:
        from hanse_cn.forms import print_vouchers

        chinese = locale.startswith("zh")
        return print_vouchers(
            vouchers,
            out=out,
            form=self._form,
            locale="zh_CN" if chinese else "en",
            letterhead=letterhead,
            title=title,
            progress=progress,
        )


def _form(name: FormName, label: Label) -> VoucherForm:
    return register_form(VoucherForm(name, label, "hanse_cn", _Printer(name)))


def _capital(amount: Decimal) -> str:
    from hanse_cn.amounts import capital

    return capital(amount)


SINGLE = _form("240x140", _("Vouchers on 240 × 140 mm"))
TWO_ON_A4 = _form("a4-2", _("Vouchers on A4, two a page"))
register_words("zh_CN", _capital)
