"""Vouchers and their lines."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select
from typing_extensions import override

from hanse import (
    Check,
    Choice,
    Index,
    Mapped,
    Model,
    Scope,
    Trigger,
    Unique,
    _,
    choice,
    flag,
    link,
    moment,
    money,
    rate,
    text,
)
from hanse.directory.models import Currency, User
from hanse.models import kinds
from hanse_finance.models.accounts import Account, DimensionSet
from hanse_finance.models.cash_items import CashItem
from hanse_finance.models.periods import Period


class VoucherState(Choice):
    """How far a voucher has come."""

    DRAFT = "draft", _("Draft")
    AUDITED = "audited", _("Audited")
    POSTED = "posted", _("Posted")
    VOID = "void", _("Void")


class VoucherKind(Choice):
    """Why a voucher was written."""

    NORMAL = "normal", _("Normal")
    OPENING = "opening", _("Opening balances")
    REVERSAL = "reversal", _("Red reversal")
    CLOSING = "closing", _("Profit and loss transfer")
    REVALUATION = "revaluation", _("Revaluation")
    YEAR_END = "year_end", _("Year-end transfer")


class VoucherWord(Model):
    """A series of vouchers with numbers of its own in every period: 记, or 收, 付 and 转."""

    __tablename__ = "finance_voucher_word"
    __display__ = ("code",)
    code: Mapped[str] = text(_("Word"), max_length=20, search=True)
    name: Mapped[str] = text(_("Title on the voucher"), search=True)
    position: Mapped[int] = kinds.number(_("Position"), default=1)

    __rules__ = [Unique("code", error=_("There is this voucher word already."))]


_POSTING_BALANCES = (
    "SELECT v.id INTO wrong FROM {posted} "
    "AND coalesce((SELECT sum(l.base) FROM finance_voucher_line l "
    "WHERE l.company_id = v.company_id AND l.voucher_id = v.id), 1) <> 0 LIMIT 1; "
    "IF wrong IS NOT NULL THEN "
    "RAISE EXCEPTION 'hanse:posting_balances voucher %', wrong "
    "USING ERRCODE = 'HA001', TABLE = 'finance_voucher'; "
    "END IF; RETURN NULL;"
)
_BALANCE_ERROR = (("posting_balances", _("Debit and credit differ.")),)


class Voucher(Model):
    """A voucher.  Posted, it never changes again, in the database either: what happens later is told elsewhere."""

    __tablename__ = "finance_voucher"
    __display__ = ("summary",)
    __scope__ = Scope(owner="maker")
    day: Mapped[date] = kinds.day(_("Date"))
    period: Mapped[Period] = link(_("Period"), readonly=True, index=False)
    word: Mapped[VoucherWord] = link(_("Word"), index=False)
    number: Mapped[int | None] = kinds.number(_("Number"), readonly=True, help=_("Given at posting, without gaps."))
    provisional: Mapped[int] = kinds.number(_("Provisional number"), readonly=True)
    state: Mapped[VoucherState] = choice(_("State"), default=VoucherState.DRAFT, readonly=True)
    kind: Mapped[VoucherKind] = choice(_("Kind"), default=VoucherKind.NORMAL, readonly=True)
    summary: Mapped[str] = text(_("Summary"), readonly=True, search=True)
    total: Mapped[Decimal] = money(_("Total"), readonly=True)
    attachments: Mapped[int] = kinds.number(_("Attached documents"), default=0)
    counted: Mapped[bool] = flag(
        _("Counted from the files"), help=_("As many documents as files are attached until the voucher is posted.")
    )
    maker: Mapped[User] = link(_("Made by"), readonly=True, index=False)
    auditor: Mapped[User | None] = link(_("Audited by"), readonly=True, index=False)
    poster: Mapped[User | None] = link(_("Posted by"), readonly=True, index=False)
    cashier: Mapped[User | None] = link(_("Cashier"), readonly=True, index=False)
    audited_at: Mapped[datetime | None] = moment(_("Audited at"), readonly=True)
    posted_at: Mapped[datetime | None] = moment(_("Posted at"), readonly=True)
    source: Mapped[str | None] = text(_("Source"), readonly=True, help=_("The record or file it was made from."))
    document: Mapped[str | None] = text(
        _("Document"), readonly=True, help=_("The document that made it and whose maker and approver it has.")
    )
    lines: Mapped[list[VoucherLine]] = kinds.lines(_("Lines"), owned=True, order_by="number")

    __rules__ = [
        Unique("period", "word", "number", error=_("There is a voucher with this number already.")),
        Unique("source", error=_("This was imported already.")),
        Index("day"),
        Index("period_id", "word_id", "provisional"),
        Index("period_id", where="kind IN ('opening', 'closing', 'year_end', 'revaluation')"),
        Index("day", "state", where="state <> 'posted'"),
        Check(
            "auditor",
            "auditor_id <> maker_id OR document IS NOT NULL",
            error=_("Whoever made a voucher cannot audit it."),
        ),
        Check(
            "posted",
            "(state = 'posted') = (number IS NOT NULL) "
            "AND (state <> 'posted' OR (auditor_id IS NOT NULL AND posted_at IS NOT NULL))",
            error=_("A posted voucher has an auditor and a moment of posting."),
        ),
        Check(
            "cashier",
            "cashier_id <> auditor_id OR document IS NOT NULL",
            error=_("Whoever signs a voucher as cashier cannot audit it."),
        ),
        Check("attachments", "attachments >= 0", error=_("The number of attached documents cannot be negative.")),
        Trigger(
            "posted_is_final",
            "BEFORE UPDATE OR DELETE",
            "RAISE EXCEPTION 'hanse:posted_is_final' USING ERRCODE = 'HA001', TABLE = 'finance_voucher';",
            errors=(
                ("posted_is_final", _("A posted voucher cannot be changed or deleted. Reverse it in red instead.")),
            ),
            only="OLD.state = 'posted'",
        ),
        Trigger(
            "posting_balances",
            "AFTER UPDATE",
            _POSTING_BALANCES.format(
                posted="fresh v JOIN stale o ON o.id = v.id WHERE v.state = 'posted' AND o.state <> 'posted'"
            ),
            errors=_BALANCE_ERROR,
            statement=True,
            declare="wrong bigint;",
        ),
        Trigger(
            "born_balanced",
            "AFTER INSERT",
            _POSTING_BALANCES.format(posted="fresh v WHERE v.state = 'posted'"),
            errors=_BALANCE_ERROR,
            statement=True,
            declare="wrong bigint;",
        ),
    ]

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return cls.state == VoucherState.POSTED

    @override
    def may_be_deleted(self) -> bool:
        return super().may_be_deleted() and self.state in (VoucherState.DRAFT, VoucherState.VOID)

    if TYPE_CHECKING:
        period_id: Mapped[int]
        word_id: Mapped[int]
        maker_id: Mapped[int]
        auditor_id: Mapped[int | None]
        poster_id: Mapped[int | None]
        cashier_id: Mapped[int | None]


# Asked voucher by voucher through the primary key: a join would be planned blindly, as nobody has counted the rows yet.
# The lock makes a line wait for somebody who is posting its voucher, and then see what became of it.
_LINE_IS_FINAL = (
    "IF EXISTS (SELECT FROM (SELECT DISTINCT voucher_id FROM {rows}) r "
    "WHERE (SELECT v.state = 'posted' FROM finance_voucher v WHERE v.id = r.voucher_id{but} FOR SHARE)) THEN "
    "RAISE EXCEPTION 'hanse:line_is_final' USING ERRCODE = 'HA001', TABLE = 'finance_voucher_line'; END IF; "
)
# A posted voucher brings its lines along in the statement that inserts it, and no other statement adds any.  Rows of
# one statement have the same xmin (transaction or savepoint) and cmin (command within it).
_SAME_STATEMENT = (
    "SELECT l.xmin AS x, l.cmin AS c INTO own "
    "FROM finance_voucher_line l WHERE l.id = (SELECT f.id FROM fresh f LIMIT 1); "
)
_LINE_ERROR = (("line_is_final", _("A posted voucher cannot be changed or deleted. Reverse it in red instead.")),)


class VoucherLine(Model):
    """A line: one amount on one side of one account.

    The side is kept: exactly one of ``debit`` and ``credit`` is filled, negative where the voucher is red.  ``base`` is
    the amount in the company's currency, debit positive.  ``foreign_*`` may say what the amount was in another
    currency.  ``day`` repeats the voucher's, for ledgers.
    """

    __tablename__ = "finance_voucher_line"
    __display__ = ("summary",)
    voucher: Mapped[Voucher] = link(_("Voucher"), ondelete="CASCADE")
    number: Mapped[int] = kinds.number(_("Line"), readonly=True)
    day: Mapped[date] = kinds.day(_("Date"), readonly=True)
    summary: Mapped[str] = text(_("Summary"))
    account: Mapped[Account] = link(_("Account"), index=False)
    details: Mapped[DimensionSet | None] = link(_("Dimensions"), index=False)
    debit: Mapped[Decimal | None] = money(_("Debit"), currency="currency")
    credit: Mapped[Decimal | None] = money(_("Credit"), currency="currency")
    currency: Mapped[Currency] = link(_("Currency"), readonly=True, index=False)
    base: Mapped[Decimal] = money(_("Base amount"), readonly=True)
    foreign_currency: Mapped[Currency | None] = link(_("Foreign currency"), index=False)
    foreign_amount: Mapped[Decimal | None] = money(_("Foreign amount"), currency="foreign_currency")
    foreign_rate: Mapped[Decimal | None] = rate(_("Rate"))
    cash_item: Mapped[CashItem | None] = link(_("Cash flow item"), index=False)
    quantity: Mapped[Decimal | None] = kinds.quantity(
        _("Quantity"), help=_("Of accounts that count in a unit; negative where the line is red.")
    )

    __rules__ = [
        Index("account_id", "day"),
        Index("details_id", "day", where="details_id IS NOT NULL"),
        Index("account_id", "foreign_currency_id", "day", where="foreign_currency_id IS NOT NULL"),
        Check("one_side", "num_nonnulls(debit, credit) = 1", error=_("A line has either a debit or a credit.")),
        Check(
            "foreign",
            "num_nonnulls(foreign_currency_id, foreign_amount) IN (0, 2)",
            error=_("A foreign amount has a currency, and a foreign currency an amount."),
        ),
        Trigger(
            "line_is_final_insert",
            "AFTER INSERT",
            _SAME_STATEMENT
            + _LINE_IS_FINAL.format(rows="fresh", but=" AND NOT (v.xmin = own.x AND v.cmin = own.c)")
            + "RETURN NULL;",
            _LINE_ERROR,
            statement=True,
            declare="own record;",
        ),
        Trigger(
            "line_is_final_update",
            "AFTER UPDATE",
            _LINE_IS_FINAL.format(rows="stale", but="") + _LINE_IS_FINAL.format(rows="fresh", but="") + "RETURN NULL;",
            _LINE_ERROR,
            statement=True,
        ),
        Trigger(
            "line_is_final_delete",
            "AFTER DELETE",
            _LINE_IS_FINAL.format(rows="stale", but="") + "RETURN NULL;",
            _LINE_ERROR,
            statement=True,
        ),
    ]

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return cls.voucher_id.in_(select(Voucher.id).where(Voucher.state == VoucherState.POSTED))

    if TYPE_CHECKING:
        voucher_id: Mapped[int]
        account_id: Mapped[int]
        details_id: Mapped[int | None]
        currency_id: Mapped[int]
        foreign_currency_id: Mapped[int | None]
        cash_item_id: Mapped[int | None]


class Reversal(Model):
    """That one voucher reverses another."""

    __tablename__ = "finance_reversal"
    __general__ = False
    __display__ = ()
    __trail__ = ("original", "voucher")
    voucher: Mapped[Voucher] = link(_("Reversal"), ondelete="CASCADE", index=False)
    original: Mapped[Voucher] = link(_("Reversed voucher"), index=False)

    __rules__ = [
        Unique("voucher", error=_("A voucher reverses one other only.")),
        Unique("original", error=_("This voucher is reversed already.")),
    ]

    if TYPE_CHECKING:
        voucher_id: Mapped[int]
        original_id: Mapped[int]
