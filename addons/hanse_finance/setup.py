"""A new company's books: the first fiscal year, series of vouchers, dimensions; and the roles of accountants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import select

from hanse import BusinessError, Context, Question, _
from hanse.actions import Action, find_action
from hanse.directory.founding import add_role
from hanse.i18n import Label, speaking
from hanse.models import Model
from hanse.security.permissions import verb
from hanse_finance.models import Dimension, DimensionSource, FiscalYear, VoucherWord

FISCAL_YEAR, WORDS = "fiscal_year_start", "voucher_words"


@dataclass(frozen=True, slots=True)
class WordScheme:
    """Which series of vouchers a company keeps.

    :ivar words: the word of each series and the title its vouchers carry
    """

    name: str
    label: Label
    words: tuple[tuple[str, Label], ...]
    addon: str


_schemes: dict[str, WordScheme] = {}


def register_words(scheme: WordScheme) -> WordScheme:
    """Offer a choice of series in the set-up assistant; what another addon registers stands before ours."""
    return _schemes.setdefault(scheme.name, scheme)


def word_schemes() -> list[WordScheme]:
    """Give the choices, those of other addons first."""
    return sorted(_schemes.values(), key=lambda scheme: scheme.addon == "hanse_finance")


register_words(WordScheme("journal", _("One series: JV"), (("JV", _("Journal voucher")),), "hanse_finance"))

#: Roles of accountants: key, name, permissions.
ROLES: Final[tuple[tuple[str, Label, tuple[str, ...]], ...]] = (
    (
        "accounting_clerk",
        _("Accounting clerk"),
        (
            "*.read",
            "*.export",
            "finance.account.report",
            "finance.voucher.create",
            "finance.voucher.update",
            "finance.voucher.delete",
            "finance.voucher.reverse",
            "finance.voucher.print",
            "finance.dimension.update",
            "finance.dimension_value.*",
            "finance.exchange_rate.*",
            "finance.opening.enter",
            "contacts.*",
        ),
    ),
    (
        "accounting_auditor",
        _("Accounting auditor"),
        (
            "*.read",
            "*.export",
            "finance.account.report",
            "finance.account.take_out",
            "finance.voucher.audit",
            "finance.voucher.post",
            "finance.voucher.print",
            "finance.opening.open",
        ),
    ),
    ("chief_accountant", _("Chief accountant"), ("*.read", "*.export", "finance.*", "contacts.*")),
)


def add_roles(ctx: Context) -> None:
    """Add the roles of accountants to a database that was founded before they came, in the language of the company."""
    with speaking(ctx.company.locale):
        for key, name, permissions in ROLES:
            add_role(ctx.session, key, str(name), granted(permissions))


def granted(permissions: Iterable[str]) -> list[tuple[str, str]]:
    """Give permissions with the scope that roles of accountants have: the whole company."""
    return [(permission, "company") for permission in permissions]


# --- the set-up assistant ---------------------------------------------------------------------------------------------


def questions(today: date) -> list[Question]:
    """Ask what new books need."""
    schemes = word_schemes()
    return [
        Question(
            FISCAL_YEAR,
            _("First month of the books"),
            "month",
            default=f"{today:%Y}-01",
            help=_("The fiscal year of twelve months that begins then is opened. In China it is the calendar year."),
        ),
        Question(
            WORDS,
            _("Voucher words"),
            "choice",
            [(scheme.name, scheme.label) for scheme in schemes],
            default=schemes[0].name,
            help=_("Each series has numbers of its own."),
        ),
    ]


def set_up(ctx: Context, answers: Mapping[str, Any]) -> None:
    """Set up a new company's books from answers; without any, as when a ledger file founds it, nothing is done.

    :raises BusinessError: the year does not begin on the first of a month
    """
    if not answers:
        return
    add_roles(ctx)
    add_dimensions(ctx)
    if answers.get(FISCAL_YEAR) is not None:
        open_year(ctx, first_day(answers[FISCAL_YEAR]))
    scheme = _schemes.get(str(answers.get(WORDS) or word_schemes()[0].name))
    if scheme is None:
        raise BusinessError(_("There is no choice of voucher words %(name)s.", name=answers[WORDS]), field=WORDS)
    add_words(ctx, scheme.words)


def first_day(answer: date | tuple[int, int] | str) -> date:
    """Read the first day of the books: a date, a year and month, or text such as 2025-01.

    :raises BusinessError: it is none of these
    """
    if isinstance(answer, date):
        return answer
    text = f"{answer[0]}-{answer[1]:02}" if isinstance(answer, tuple) else answer
    try:
        return date.fromisoformat(text if len(text) > len("2025-01") else f"{text}-01")
    except ValueError:
        wrong = _("“%(answer)s” is no month such as 2025-01.", answer=text)
        raise BusinessError(wrong, field=FISCAL_YEAR) from None


def open_year(ctx: Context, start: date) -> None:
    """Open the fiscal year that begins on a day, unless there is one."""
    there = ctx.session.scalar(
        select(FiscalYear.id).where(FiscalYear.company_id == ctx.company.id, FiscalYear.start == start)
    )
    if there is None:
        ctx.run(action("finance.fiscal_year.create"), values=[{"start": start}])


def add_words(ctx: Context, words: Sequence[tuple[str, Label]]) -> None:
    """Add series of vouchers that are not there, with titles in the language of the company."""
    with speaking(ctx.company.locale):
        rows = [
            {"code": code, "name": str(title), "position": place} for place, (code, title) in enumerate(words, start=1)
        ]
    add_missing(ctx, VoucherWord, rows)


def add_dimensions(ctx: Context) -> None:
    """Add the dimensions customer, supplier and department with the values they can have so far."""
    sources = (
        ("customer", DimensionSource.CUSTOMERS),
        ("supplier", DimensionSource.SUPPLIERS),
        ("department", DimensionSource.DEPARTMENTS),
    )
    with speaking(ctx.company.locale):
        add_missing(
            ctx, Dimension, [{"code": code, "name": dimension_name(code), "source": source} for code, source in sources]
        )
    ctx.run(action("finance.dimension.sync"), ctx.all(Dimension).ids)


def dimension_name(code: str) -> str:
    """Name one of the usual dimensions in the language of the moment."""
    names = {"customer": _("Customer"), "supplier": _("Supplier"), "department": _("Department")}
    return str(names.get(code, code))


def fiscal_year_start(ctx: Context, on: date) -> date | None:
    """Give the first day of the fiscal year that a day is in, reckoned from the nearest one where it is not opened.

    None: the company has no fiscal year yet.
    """
    query = select(FiscalYear.start, FiscalYear.end).where(FiscalYear.company_id == ctx.company.id)
    years = [(first, last) for first, last in ctx.session.execute(query.order_by(FiscalYear.start))]
    if not years:
        return None
    for first, last in years:
        if first <= on <= last:
            return first
    first = years[0][0] if on < years[0][0] else years[-1][1] + timedelta(days=1)
    begins = first.replace(year=on.year, day=min(first.day, 28))
    return begins if begins <= on else begins.replace(year=on.year - 1)


def add_missing(ctx: Context, model: type[Model], rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Create the records whose ``code`` the company lacks, leave the others as they are; give the new ids by code."""
    column: Any = model.__table__.c.code
    there = set(ctx.session.scalars(select(column).where(model.__table__.c.company_id == ctx.company.id)))
    fresh = [row for row in rows if row["code"] not in there]
    if not fresh:
        return {}
    made = ctx.run(action(verb(model, "create")), values=fresh).done
    return dict(zip((str(row["code"]) for row in fresh), made, strict=True))


def action(name: str) -> Action[Any]:
    """Find an action that is certainly there."""
    found = find_action(name)
    assert found is not None, name
    return found
