"""VAT rates as dated rows, with the accounts of 财会〔2016〕22号.

Source: 增值税法 (in force 2026-01-01) and before it 财政部 税务总局 海关总署公告2019年第39号 (13, 9 and 6 percent),
财税〔2018〕32号 (16 and 10 percent), 公告2023年第19号 (levy of 1 instead of 3 percent until 2027-12-31).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from sqlalchemy import text

from hanse import Context
from hanse_cn.setup import taxpayer_of
from hanse_finance.setup import add_missing

_LEAVES = text(
    "SELECT id, code, name FROM finance_account "
    "WHERE company_id = :company AND postable AND active AND code LIKE '2221%' ORDER BY code"
)
#: Where a company that pays by levy keeps what it owes, if its 应交增值税 has accounts below it.
_INSTEAD = {"应交增值税": ("销项税额",), "简易计税": ("销项税额",)}


def read() -> list[Mapping[str, str]]:
    """Read the rates; an empty day is open."""
    table = (files("hanse_invoicing_cn") / "data" / "vat_rates.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(table, newline="")))


def load(ctx: Context) -> int:
    """Add the rates that a company's kind of taxpayer has and that are not there yet; give how many.

    Known by their codes, they stay as people have changed them.  A rate above zero without its account is left out.
    """
    kind = taxpayer_of(ctx)
    accounts = _accounts(ctx)
    chinese = ctx.company.locale.startswith("zh")
    rows: list[dict[str, Any]] = []
    for rate in read():
        if kind is not None and rate["taxpayer"] not in ("", kind.value):
            continue
        account = _account(accounts, rate["account"])
        if rate["account"] and account is None:
            continue
        rows.append(
            {
                "code": rate["code"],
                "name": rate["name"] if chinese else rate["name_en"],
                "use": rate["use"],
                "percent": rate["percent"],
                "account": account,
                "valid_from": rate["from"] or None,
                "valid_until": rate["until"] or None,
                "taxpayer": rate["taxpayer"] or None,
            }
        )
    from hanse_invoicing.models import Tax

    return len(add_missing(ctx, Tax, rows))


def _accounts(ctx: Context) -> dict[str, int]:
    """Give the accounts of taxes by their own names; names are paths parted by a dash."""
    found: dict[str, int] = {}
    for key, _code, name in ctx.session.execute(_LEAVES, {"company": ctx.company.id}):
        found.setdefault(name.rpartition("-")[2], key)
    return found


def _account(accounts: Mapping[str, int], name: str) -> int | None:
    return next((accounts[one] for one in (name, *_INSTEAD.get(name, ())) if one in accounts), None)
