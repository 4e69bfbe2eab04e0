"""What China brings to printing: voucher forms, and amounts in capital words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO, Final

from hanse import Context, _
from hanse.i18n import Label
from hanse.paper import Letterhead
from hanse_finance.printed import Look, PrintResult, Volume, VoucherForm, register_form, register_words

if TYPE_CHECKING:  # what draws takes a third of a second to import, and most processes never print
    from hanse_cn.forms.geometry import FormName
    from hanse_cn.preprinted import Measures


class _Printer:
    """Prints on one of our forms.

    :param measures: where the blanks of a company's pre-printed paper are
    """

    def __init__(self, form: FormName, measures: Measures | None = None) -> None:
        self._form: Final = form
        self._measures: Final = measures

    def __call__(
        self,
        volumes: Iterable[Volume],
        *,
        out: BinaryIO,
        locale: str,
        letterhead: Letterhead,
        look: Look,
        title: str,
        progress: Callable[[int], None] | None,
    ) -> PrintResult:
        from hanse_cn.forms import VoucherForm as Form
        from hanse_cn.forms import print_volumes

        measured = self._measures.geometry() if self._measures is not None else None
        form = Form(self._form, "zh_CN" if locale.startswith("zh") else "en", look, letterhead, measured)
        return print_volumes(volumes, form, out=out, title=title, progress=progress)


def _measured(ctx: Context, form: VoucherForm) -> VoucherForm:
    """Give the pre-printed form with what the company has measured of it."""
    from hanse_cn.preprinted import measures

    own = measures(ctx)
    return replace(form, printer=_Printer("overprint", own), lines=own.lines, most_lines=own.lines)


def _form(name: FormName, label: Label, lines: int = 6, most: int = 12) -> VoucherForm:
    return register_form(VoucherForm(name, label, "hanse_cn", _Printer(name), lines, most))


def _capital(amount: Decimal) -> str:
    from hanse_cn.amounts import capital

    return capital(amount)


FORMS: Final = (
    _form("240x140", _("240 × 140 mm")),
    _form("a4-2", _("A4, two a page")),
    _form("a4-3", _("A4, three a page"), 5, 7),
    _form("a5", _("A5 landscape")),
    register_form(
        VoucherForm(
            "overprint",
            _("Pre-printed form"),
            "hanse_cn",
            _Printer("240x140"),
            preprinted=True,
            of_company=_measured,
        )
    ),
)
register_words("zh_CN", _capital)
