"""Vouchers: the list that is the chronological book, and the form they are written on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import case, func, select

from hanse import (
    Board,
    BusinessError,
    Calendar,
    Computed,
    Context,
    Filter,
    Lines,
    Row,
    Screen,
    Shown,
    Words,
    _,
    link_id,
)
from hanse.directory.models import User
from hanse.i18n import Label, format_moment
from hanse.models import Kind, Model
from hanse_finance import voucher_files
from hanse_finance.actions.reversal import first_open_day
from hanse_finance.actions.signing import moving_cash
from hanse_finance.documents import ChoosePrint
from hanse_finance.models import (
    AccountDimension,
    FinanceSettings,
    Reversal,
    Voucher,
    VoucherKind,
    VoucherLine,
    VoucherPrint,
    VoucherState,
    VoucherTemplate,
    VoucherWord,
)
from hanse_finance.numbering import voucher_title


def _number(_model: type[Model]) -> Any:
    """Write the number in SQL: 记-12; before posting the provisional one."""
    word = select(VoucherWord.code).where(VoucherWord.id == link_id(Voucher.word)).correlate(Voucher).scalar_subquery()
    return func.concat(word, "-", func.coalesce(Voucher.number, Voucher.provisional))


def _numbered(ctx: Context, word: str) -> Any:
    """Find vouchers by number: ``12``, ``记-12`` or ``记12``."""
    found = _NUMBER.fullmatch(word)
    if found is None:
        return None
    code, number = found[1].rstrip("-"), int(found[2])
    query = select(Voucher.id).where(
        Voucher.company_id == ctx.company.id, func.coalesce(Voucher.number, Voucher.provisional) == number
    )
    if not code:
        return query
    return query.join(VoucherWord, VoucherWord.id == link_id(Voucher.word)).where(VoucherWord.code == code)


#: Word and number; more digits are no number but an amount, a date or a telephone.
_NUMBER = re.compile(r"(\D*)(\d{1,7})")


def _number_tone(_model: type[Model]) -> Any:
    """Grey while the number may still change."""
    return case((Voucher.number.is_(None), "muted"))


def _defaults(ctx: Context) -> dict[str, Any]:
    """Begin a voucher on the day that is open, with the first word."""
    try:
        day = first_open_day(ctx)
    except BusinessError:  # said when the voucher is saved, where it can be read
        day = ctx.today
    query = (
        select(VoucherWord.id)
        .where(VoucherWord.company_id == ctx.company.id)
        .order_by(VoucherWord.position, VoucherWord.id)
        .limit(1)
    )
    return {"day": day, "word": ctx.session.scalar(query), "counted": ctx.settings(FinanceSettings).count_files}


def uses_dimensions(ctx: Context) -> bool:
    """Tell whether any account asks for dimensions."""
    query = select(AccountDimension.id).where(AccountDimension.company_id == ctx.company.id).limit(1)
    return ctx.session.scalar(query) is not None


def _original(ctx: Context, voucher: Voucher) -> Voucher | None:
    """Give the voucher that this one reverses."""
    if voucher.kind is not VoucherKind.REVERSAL:
        return None
    return ctx.session.scalar(
        select(Voucher)
        .join(Reversal, link_id(Reversal.original) == Voucher.id)
        .where(link_id(Reversal.voucher) == voucher.id)
    )


def _red(ctx: Context, voucher: Voucher) -> Voucher | None:
    """Give the voucher that reverses this one."""
    if voucher.state is not VoucherState.POSTED:
        return None
    return ctx.session.scalar(
        select(Voucher)
        .join(Reversal, link_id(Reversal.voucher) == Voucher.id)
        .where(link_id(Reversal.original) == voucher.id)
    )


def _named(voucher: Voucher | None) -> Label | None:
    return None if voucher is None else voucher_title(voucher)


def _lead(voucher: Voucher | None) -> tuple[type[Model], int] | None:
    return None if voucher is None else (Voucher, voucher.id)


NUMBER = Computed("no", _("Number"), Kind.TEXT, _number, tone=_number_tone)


def _is_signed(ctx: Context, voucher: Voucher) -> bool:
    """Tell whether a cashier may sign a voucher: it moves cash, and is not posted."""
    if voucher.state not in (VoucherState.DRAFT, VoucherState.AUDITED) or voucher.auditor_id == ctx.user.id:
        return False
    return bool(moving_cash(ctx, ctx.all(Voucher, Voucher.id == voucher.id)))


def _begun(ctx: Context, given: Mapping[str, str]) -> VoucherTemplate | None:
    """Give the template that a new voucher begins with: ``?template=7``."""
    key = given.get("template", "")
    if not key.isdigit() or int(key) >= 2**63:
        return None
    found = ctx.visible(VoucherTemplate, VoucherTemplate.id == int(key))
    return found.one() if found else None


def _is_told(source: str | None) -> bool:
    """Tell whether a source is a file or document, and not what the kind of the voucher says already."""
    return source is not None and not source.startswith(("reversal:", "opening:", "closing:"))


def _origins(_ctx: Context, voucher: Voucher) -> list[Words]:
    """Name the file or document a voucher was made from; a reversal leads to what it reverses anyhow."""
    texts = [voucher.document, voucher.source]
    return [Words(text) for text in texts if text and _is_told(text)]


def _printed(ctx: Context) -> Any:
    return select(link_id(VoucherPrint.voucher)).where(VoucherPrint.company_id == ctx.company.id)


def _prints(ctx: Context, voucher: Voucher) -> Label | None:
    """Tell how often a voucher was printed, and by whom last."""
    rows = ctx.session.execute(
        select(User.name, VoucherPrint.at)
        .join(User, User.id == link_id(VoucherPrint.user))
        .where(VoucherPrint.company_id == ctx.company.id, link_id(VoucherPrint.voucher) == voucher.id)
        .order_by(VoucherPrint.id.desc())
    ).all()
    if not rows:
        return None
    name, at = rows[0]
    return _(
        "%(count)s times, last by %(user)s, %(at)s",
        count=len(rows),
        user=name,
        at=format_moment(at, ctx.company.zone),
    )


VOUCHERS = Screen(
    Voucher,
    title=_("Vouchers"),
    singular=_("Voucher"),
    menu="finance",
    icon="receipt",
    order=10,
    shortcut="v",
    list=[
        NUMBER,
        Voucher.day,
        Voucher.summary,
        Voucher.total,
        Voucher.state,
        Voucher.maker,
        Voucher.auditor,
    ],
    filters=[
        Voucher.state,
        Voucher.period,
        Voucher.word,
        Voucher.kind,
        Voucher.day,
        Voucher.maker,
        Filter(_("Made by me"), lambda ctx: link_id(Voucher.maker) == ctx.user.id, name="mine"),
        Filter(_("Reversed"), lambda ctx: Voucher.id.in_(select(link_id(Reversal.original))), name="reversed"),
        Filter(_("Not yet printed"), lambda ctx: Voucher.id.not_in(_printed(ctx)), name="unprinted"),
        Filter(_("More files than attached documents"), voucher_files.lacking, name="lacking"),
    ],
    order_by=[Voucher.day.desc(), Voucher.provisional.desc()],
    form=[
        Row(
            Voucher.day,
            Voucher.word,
            Voucher.attachments,
            Voucher.counted,
            Shown("files", _("Files attached"), voucher_files.told),
        ),
        Row(
            Shown("why", _("Kind"), lambda ctx, one: None if one.kind is VoucherKind.NORMAL else one.kind.label),
            Shown("origin", _("Source"), lambda ctx, one: one.source if _is_told(one.source) else None),
            Shown(
                "reverses",
                _("Reverses"),
                lambda ctx, one: _named(_original(ctx, one)),
                lambda ctx, one: _lead(_original(ctx, one)),
            ),
            Shown(
                "reversed_by",
                _("Reversed by"),
                lambda ctx, one: _named(_red(ctx, one)),
                lambda ctx, one: _lead(_red(ctx, one)),
            ),
            Shown("prints", _("Printed"), _prints),
        ),
        Lines(
            Voucher.lines,
            columns=[
                VoucherLine.summary,
                VoucherLine.account,
                VoucherLine.details,
                VoucherLine.foreign_currency,
                VoucherLine.foreign_amount,
                VoucherLine.foreign_rate,
                VoucherLine.quantity,
                VoucherLine.cash_item,
                VoucherLine.debit,
                VoucherLine.credit,
            ],
            sides=("debit", "credit"),
            repeat=["summary"],
            widths={
                "details": "l",
                "foreign_currency": "s",
                "foreign_amount": "m",
                "foreign_rate": "s",
                "cash_item": "m",
            },
            blank=4,
            multiply=["foreign_amount", "foreign_rate"],
            optional=["foreign_currency", "foreign_amount", "foreign_rate", "quantity", "cash_item"],
            shown_if={"details": uses_dimensions},
            asks_with={"details": ["account"]},
        ),
        Row(Voucher.maker, Voucher.auditor, Voucher.poster, Voucher.cashier),
    ],
    finds=_numbered,
    board=Board(by=Voucher.state, card=[Voucher.summary, NUMBER, Voucher.day, Voucher.total, Voucher.maker]),
    calendar=Calendar(start=Voucher.day, title=[NUMBER, Voucher.summary], tone=Voucher.state),
    sums=[Voucher.total],
    possible={
        "sign": lambda ctx, voucher: voucher.cashier_id is None and _is_signed(ctx, voucher),
        "unsign": lambda ctx, voucher: voucher.cashier_id == ctx.user.id and voucher.state is not VoucherState.POSTED,
        "reverse": lambda ctx, voucher: voucher.state is VoucherState.POSTED and _red(ctx, voucher) is None,
        "delete": lambda _ctx, voucher: voucher.state in (VoucherState.DRAFT, VoucherState.VOID),
    },
    editable=lambda voucher: voucher.state is VoucherState.DRAFT,
    defaults=_defaults,
    carries=[Voucher.day, Voucher.word],
    anew=[Voucher.day, Voucher.attachments, Voucher.counted],
    begins=_begun,
    tones={VoucherState.AUDITED: "info", VoucherState.POSTED: "ok", VoucherKind.REVERSAL: "bad"},
    title_of=voucher_title,
    origins=_origins,
    documents=[ChoosePrint(_("Print …"))],
)
