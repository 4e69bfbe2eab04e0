"""What people choose when they print vouchers: remembered for each, with the company's settings where nobody chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any, Final, cast

from sqlalchemy import select

from hanse import BusinessError, Context, _
from hanse.directory.models import User
from hanse_finance.binding import Binding, company_look
from hanse_finance.models import Printer, VoucherColumns, VoucherPrintSettings
from hanse_finance.printed import Columns, Look, VoucherForm, voucher_form, voucher_forms

#: The name among a person's preferences.
PREFERENCE: Final = "finance:print"
_LEAST_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class PrintChoice:
    """A form, how it looks, on which printer, and what is bound with it.

    :ivar printer: id of a :class:`Printer`, which says by how much everything is moved on pre-printed forms
    """

    form: str
    look: Look
    binding: Binding
    printer: int | None = None

    def stored(self) -> dict[str, Any]:
        """Give it as preferences and jobs hold it."""
        look = {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(self.look).items()}
        return {"form": self.form, "look": look, "binding": asdict(self.binding), "printer": self.printer}


def read_choice(stored: Mapping[str, Any]) -> PrintChoice:
    """Read what :meth:`PrintChoice.stored` gave."""
    look: dict[str, Any] = dict(stored["look"])
    look |= {name: Decimal(look[name]) for name in ("right", "down")}
    return PrintChoice(stored["form"], Look(**look), Binding(**stored["binding"]), stored.get("printer"))


def usual_form(ctx: Context) -> str:
    """Give the name of the form that the company prints on; empty if there is none."""
    names = [form.name for form in voucher_forms(ctx.enabled)]
    wanted = ctx.settings(VoucherPrintSettings).form
    return wanted if wanted in names else next(iter(names), "")


def last_choice(ctx: Context) -> PrintChoice:
    """Give what the acting person chose last; where that is not there any more, what the company has set."""
    usual = PrintChoice(
        usual_form(ctx),
        company_look(ctx),
        Binding(sheets_a_volume=ctx.settings(VoucherPrintSettings).sheets_a_volume, binder=ctx.user.name),
    )
    stored: Any = (ctx.session.scalar(select(User.preferences).where(User.id == ctx.user.id)) or {}).get(PREFERENCE)
    if stored is None:
        return usual
    try:
        choice = read_choice(stored)
    except (KeyError, TypeError, ValueError, ArithmeticError):  # of an earlier version: as if nothing was chosen
        return usual
    if choice.form not in {form.name for form in voucher_forms(ctx.enabled)}:
        choice = replace(choice, form=usual.form)
    if choice.look.columns not in {one.value for one in VoucherColumns}:
        choice = replace(choice, look=usual.look)
    return moved(ctx, choice)


def moved(ctx: Context, choice: PrintChoice) -> PrintChoice:
    """Give a choice with what its printer is off by, as that stands now; a printer that is gone moves nothing."""
    printer = None
    if choice.printer is not None:
        printer = ctx.session.execute(
            select(Printer.move_right, Printer.move_down).where(
                Printer.company_id == ctx.company.id, Printer.id == choice.printer
            )
        ).first()
    if printer is None:
        return replace(choice, printer=None, look=replace(choice.look, right=Decimal(0), down=Decimal(0)))
    return replace(choice, look=replace(choice.look, right=printer[0], down=printer[1]))


def chosen(ctx: Context, given: Mapping[str, str]) -> PrintChoice:
    """Read what a person chose on the page.

    :raises BusinessError: something does not fit; ``field`` says what
    """
    form = voucher_form(given.get("form", ""), ctx.enabled)
    columns = given.get("columns", "detailed")
    if columns not in {one.value for one in VoucherColumns}:
        raise BusinessError(_("There are no such columns."), field="columns")
    lines = _number(given, "lines", _LEAST_LINES, form.most_lines)
    look = Look(
        columns=cast("Columns", columns),
        lines=lines,
        subtotals=bool(given.get("subtotals")),
        strike_unused=bool(given.get("strike_unused")),
        signatures=bool(given.get("signatures")),
        cells=bool(given.get("cells")),
        red=bool(given.get("red")),
    )
    binding = Binding(
        vouchers=bool(given.get("vouchers")),
        cover=bool(given.get("cover")),
        summary=bool(given.get("summary")),
        sheets_a_volume=_number(given, "sheets_a_volume", 1, 100_000),
        volume=_number(given, "volume", 1, 100_000) or 1,
        volumes=_number(given, "volumes", 1, 100_000),
        binder=given.get("binder", "").strip()[:80],
    )
    if not (binding.vouchers or binding.cover or binding.summary):
        raise BusinessError(_("Choose what to print: vouchers, cover or summary sheet."), field="vouchers")
    printer = given.get("printer", "")
    return moved(ctx, PrintChoice(form.name, look, binding, int(printer) if printer.isdigit() else None))


def _number(given: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    """Read a whole number; None: nothing was typed.

    :raises BusinessError: it is none, or too small or large
    """
    text = given.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9 and least <= int(text) <= most):
        raise BusinessError(_("Type a whole number from %(least)s to %(most)s.", least=least, most=most), field=name)
    return int(text)


def printers(ctx: Context) -> Sequence[tuple[int, str]]:
    """Give the printers of the company by name."""
    query = select(Printer.id, Printer.name).where(Printer.company_id == ctx.company.id).order_by(Printer.name)
    return [(key, name) for key, name in ctx.session.execute(query)]


def print_layout(ctx: Context, form: VoucherForm) -> Look:
    """Give how the acting person prints on a form, when they chose the form only."""
    choice = last_choice(ctx)
    return choice.look if form.preprinted else replace(choice.look, right=Decimal(0), down=Decimal(0))


__all__ = [
    "PREFERENCE",
    "PrintChoice",
    "chosen",
    "last_choice",
    "moved",
    "print_layout",
    "printers",
    "read_choice",
    "usual_form",
]
