"""What whoever takes over a chart of accounts may rely on: any model, with parents by code, in either language."""

from __future__ import annotations

import io
from typing import Any

from import_desk import Desk

from hanse.actions import Context
from hanse.exchange.undoing import undo
from hanse.files import FileStore
from hanse_finance.models import Account

CHART = """科目编码,科目名称,类别,方向,上级科目,末级
1002,银行存款,资产,借,,否
100201,工商银行,资产,借,1002,是
6001,主营业务收入,收入,贷,,是
100202,建设银行,资产,借,1009,是
"""


def test_a_chinese_chart_comes_in_with_its_parents_by_code(ctx: Context, files: FileStore) -> None:
    desk = Desk(ctx, files)
    wanted: dict[str, Any] = {
        "columns": {
            "科目编码": "code",
            "科目名称": "name",
            "类别": "type",
            "方向": "side",
            "上级科目": "parent",
            "末级": "postable",
        },
        "match": ["code"],
        "replace": {"side": {"借": "借方", "贷": "C"}},
        "mode": "skip",
    }
    batch = desk.upload("finance.account", io.BytesIO(CHART.encode("gb18030")), **wanted)

    assert desk.run(batch) == {"created": 3, "refused": 1}
    assert desk.errors(batch)[0][:2] == (5, "parent")
    accounts = {account.code: account for account in ctx.all(Account)}
    assert accounts["100201"].parent is accounts["1002"]
    assert [str(accounts[code].side) for code in ("1002", "6001")] == ["D", "C"]

    again = desk.bring("finance.account", io.BytesIO(CHART.encode("utf-8-sig")), **wanted)
    assert desk.counts(again) == {"unchanged": 3, "refused": 1}
    undo(ctx, batch)
    assert ctx.all(Account).ids == []
