"""Write vouchers: by a person, or by documents and imports."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hanse import BusinessError, Context, Records, _, action
from hanse.actions.generic import check_rights, save
from hanse_finance.actions.posting import insert_posted
from hanse_finance.checks import lock_periods
from hanse_finance.entry import prepare, provisional_numbers
from hanse_finance.models import FinanceSettings, Voucher, VoucherKind, VoucherState
from hanse_finance.permissions import Finance
from hanse_finance.voucher_files import file_counts

#: What a saved line keeps unless somebody says otherwise.
_LINE_FIELDS = (
    "summary",
    "account",
    "details",
    "debit",
    "credit",
    "currency",
    "base",
    "foreign_currency",
    "foreign_amount",
    "foreign_rate",
    "cash_item",
    "quantity",
)
_VOUCHER_FIELDS = ("day", "period", "word", "attachments", "counted", "summary", "total", "lines")
_LINKS = frozenset({"account", "details", "currency", "foreign_currency", "cash_item"})


@action(
    Voucher,
    name="create",
    label=_("New voucher"),
    permission="finance.voucher.create",
    creates=True,
    hidden=True,
    fills=("word",),
)
def create_voucher(ctx: Context, vouchers: Records[Voucher], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Write drafts from what a person typed; the period follows from the date, the number at posting.

    :raises BusinessError: unbalanced, closed period, unknown account …; all at once, by line and field
    """
    check_rights(ctx, Voucher, values)
    return _write(ctx, [{"counted": _counts_files(ctx, value), **value} for value in values])


def _counts_files(ctx: Context, value: Mapping[str, Any]) -> bool:
    """Tell whether the documents of a new voucher are counted, where nobody says how many there are."""
    return not value.get("attachments") and ctx.settings(FinanceSettings).count_files


@action(Voucher, name="record", label=_("Record vouchers"), permission=Finance.RECORD, creates=True, hidden=True)
def record_vouchers(ctx: Context, vouchers: Records[Voucher], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Write drafts for a document, an import or a closing: kind, source, currency and base amounts may be given.

    :raises BusinessError: as for a person
    """
    return _write(ctx, values)


@action(
    Voucher, name="enter", label=_("Record and post vouchers"), permission=Finance.RECORD, creates=True, hidden=True
)
def enter_vouchers(
    ctx: Context, vouchers: Records[Voucher], *, values: list[Mapping[str, Any]], maker: int
) -> list[int]:
    """Write vouchers that ``maker`` made, audited by the acting user, and post them: all in one go, with every check.

    For documents, whose confirmation is the audit, and for imports, which bring thousands.

    :raises BusinessError: maker and auditor are one and the same, or a voucher is wrong
    """
    if maker == ctx.user.id and any(value.get("document") is None for value in values):
        raise BusinessError(_("You made this voucher yourself; somebody else must audit it."))
    rows = prepare(ctx, [{**value, "maker": maker} for value in values])
    lock_periods(ctx, {row["period"] for row in rows})
    provisional_numbers(ctx, rows)
    return insert_posted(ctx, rows)


def _write(ctx: Context, values: list[Mapping[str, Any]]) -> list[int]:
    rows = prepare(ctx, values)
    lock_periods(ctx, {row["period"] for row in rows})
    provisional_numbers(ctx, rows)
    return ctx.insert(Voucher, rows)


@action(Voucher, name="update", label=_("Save"), permission="finance.voucher.update", hidden=True)
def update_voucher(ctx: Context, vouchers: Records[Voucher], *, values: Mapping[str, Any]) -> None:
    """Change drafts; each stays complete and balanced.

    :raises BusinessError: it is no draft any more, it is a reversal whose lines would no longer mirror the original,
        or what it would become is wrong
    """
    check_rights(ctx, Voucher, [values])
    for voucher in list(vouchers):
        if voucher.state is not VoucherState.DRAFT:
            raise BusinessError(
                _("This is “%(state)s”; only a draft can be changed.", state=voucher.state.label), record=voucher.id
            )
        _update_one(ctx, voucher, values)
    vouchers.forget()


def _update_one(ctx: Context, voucher: Voucher, values: Mapping[str, Any]) -> None:
    stored = {line.id: _line_values(line) for line in voucher.lines}
    lines = [_changed(stored.get(line.get("id") or 0), line) for line in values.get("lines", stored.values())]
    if voucher.kind is VoucherKind.REVERSAL and [_moved(line) for line in lines] != [
        _moved(line) for line in stored.values()
    ]:
        message = _(
            "A reversal mirrors its original: only date, word and summaries can be changed. Delete it to do without."
        )
        raise BusinessError(message, field="lines", record=voucher.id)
    merged: dict[str, Any] = {
        "day": voucher.day,
        "word": voucher.word_id,
        "kind": voucher.kind,
        "attachments": voucher.attachments,
        "counted": voucher.counted,
        **values,
        "lines": lines,
        "source": voucher.source,
    }
    (row,) = prepare(ctx, [merged])
    moved = row["period"] != voucher.period_id or _id(row["word"]) != voucher.word_id
    if moved:
        lock_periods(ctx, [row["period"]])
        provisional_numbers(ctx, [row])
    if row["counted"]:
        row["attachments"] = file_counts(ctx, [voucher.id]).get(voucher.id, 0)
    names = _VOUCHER_FIELDS + (("provisional",) if moved else ())
    save(ctx, Records(ctx.session, Voucher, ids=[voucher.id]), {name: row[name] for name in names})


def _line_values(line: Any) -> dict[str, Any]:
    return {"id": line.id} | {name: getattr(line, f"{name}_id" if name in _LINKS else name) for name in _LINE_FIELDS}


def _changed(stored: Mapping[str, Any] | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give a line as it becomes; its currency stays, and its base amount as long as the amount does."""
    if stored is None:
        return dict(given)
    line = {**stored, **given}
    if any(_exact(line[name]) != stored[name] for name in ("debit", "credit")):
        line["base"] = None
    return line


def _exact(amount: Any) -> Any:
    """Give an amount as a number where it was given as text; whatever else it is is refused later."""
    try:
        return Decimal(amount) if isinstance(amount, str) else amount
    except ArithmeticError:
        return amount


def _moved(line: Mapping[str, Any]) -> tuple[Any, ...]:
    """Give what a line moves."""
    links = (None if line.get(name) is None else _id(line[name]) for name in ("account", "details", "foreign_currency"))
    return (*links, *(_exact(line.get(name)) for name in ("debit", "credit", "foreign_amount")))


def _id(value: Any) -> int:
    return value if isinstance(value, int) else int(value.id)
