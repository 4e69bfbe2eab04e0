"""How balance lists of Chinese programs are read: 发生额及余额表, 辅助余额表, 科目余额表 of 用友 and 金蝶, and ours.

A heading is one of a few names, or is put together of when (期初, 本期, 累计, 期末), side (借, 贷) and currency (原币).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from hanse_cn.charts import Chart, read_chart
from hanse_finance.models import AccountType, Side
from hanse_finance.takeover.headings import Words

_EXACT = {
    **dict.fromkeys(
        ("科目编码", "科目代码", "科目编号", "科目号", "会计科目编码", "会计科目代码", "编码", "代码"), "code"
    ),
    **dict.fromkeys(("科目名称", "会计科目", "会计科目名称", "科目", "名称", "科目全称"), "name"),
    **dict.fromkeys(
        ("方向", "余额方向", "借贷方向", "借贷", "期初方向", "期末方向", "期初余额方向", "期末余额方向"), "side"
    ),
    **dict.fromkeys(("币种", "币别", "外币", "外币名称", "外币币种", "币种名称", "原币币种"), "currency"),
}
#: Words for dimensions; 编码, 代码 or 编号 behind one makes it the code.
_DIMENSIONS = {
    "客户": "customer",
    "往来单位": "customer",
    "供应商": "supplier",
    "部门": "department",
    "职员": "employee",
    "个人": "employee",
    "人员": "employee",
    "项目": "project",
}
_DIMENSION = re.compile(rf"({'|'.join(_DIMENSIONS)})(编码|代码|编号|名称|简称)?")
_CODES = frozenset({"编码", "代码", "编号"})
#: The more particular first: 本年累计 is since January, 本期 within what the list covers.
_WHEN = (
    ("total", re.compile(r"累计")),
    ("year", re.compile(r"年初")),
    ("opening", re.compile(r"期初|上期|月初")),
    ("closing", re.compile(r"期末|月末|年末")),
    ("moved", re.compile(r"本期|本月|发生|^(借方|贷方)(金额)?$")),
)
_FOREIGN = re.compile(r"原币|外币")
_COUNTED = re.compile(r"数量")
_NO_AMOUNT = re.compile(r"单价|汇率|笔数|差异|预算")
_REST = re.compile(
    r"(本年|本期|本月|累计|年初|期初|期末|上期|月初|月末|年末|发生|余额|金额|数额|额|借方|贷方|借|贷|原币|外币|本位币|本币|人民币|元|合计)+"
)


def heading(plain: str) -> str | None:
    """Give the role of a heading; None: it is nothing that taking over needs."""
    if plain in _EXACT:
        return _EXACT[plain]
    if found := _DIMENSION.fullmatch(plain):
        return f"dimension{'_code' if found[2] in _CODES else ''}:{_DIMENSIONS[found[1]]}"
    if _NO_AMOUNT.search(plain):
        return None
    counted = _COUNTED.search(plain) is not None
    if counted:
        plain = (
            _COUNTED.sub("", plain.replace("收入", "借方").replace("发出", "贷方").replace("结存", "余额")) or "余额"
        )
    if not _REST.fullmatch(plain):
        return None
    foreign = "quantity_" if counted else "foreign_" if _FOREIGN.search(plain) else ""
    when = next((name for name, mark in _WHEN if mark.search(plain)), None)
    if when is None:
        return f"{foreign}opening" if plain in ("原币余额", "外币余额", "余额") else None
    debit, credit = "借" in plain, "贷" in plain
    if debit == credit:
        return None if when in ("moved", "total") else f"{foreign}{when}"
    return f"{foreign}{when}_{'debit' if debit else 'credit'}"


def is_total(plain: str) -> bool:
    """Tell rows that add up others: 合计, 资产小计, 总计, 损益合计."""
    return len(plain) <= 8 and plain.endswith(("合计", "小计", "总计", "共计"))


def standard_account(codes: Iterable[str], code: str) -> tuple[AccountType, Side] | None:
    """Say what kind of account a code of a Chinese standard means; None: neither standard has it.

    Both standards give 4 and 5 other meanings, so that the one more of whose codes are among ``codes`` is asked first.
    """
    first = {one[:4] for one in codes}
    for chart in sorted(Chart, key=lambda one: -len(first & _kinds(one).keys())):
        if (kind := _kinds(chart).get(code[:4])) is not None:
            return kind
    return None


@cache
def _kinds(chart: Chart) -> dict[str, tuple[AccountType, Side]]:
    return {row.code: (row.type, row.side) for row in read_chart(chart) if row.parent is None}


WORDS = Words(
    "hanse_cn",
    heading,
    is_total,
    {"借": 1, "借方": 1, "贷": -1, "贷方": -1, "平": 0},
    own_currency=frozenset({"人民币", "本位币", "综合本位币", "rmb", "人民币元"}),
    currency_sums=frozenset({"综合本位币"}),
    currencies=(
        ("美元", "USD"),
        ("欧元", "EUR"),
        ("日元", "JPY"),
        ("英镑", "GBP"),
        ("港币", "HKD"),
        ("港元", "HKD"),
        ("澳元", "AUD"),
        ("加元", "CAD"),
        ("新加坡元", "SGD"),
        ("瑞士法郎", "CHF"),
        ("韩元", "KRW"),
    ),
    classify=standard_account,
    profit=("3103", "4103"),
    not_periods=("打印", "制表", "日期", "导出", "输出"),
)
