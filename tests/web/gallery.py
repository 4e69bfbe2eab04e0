"""Every component with sample values, by plain Jinja.

``python tests/web/gallery.py FOLDER`` writes the pages and serves them; ``--port 0`` only writes.
The values are complete examples of the contexts in docs/design.md.
"""

from __future__ import annotations

import argparse
import http.server
import io
import json
import urllib.parse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader

ROOT = Path(__file__).parents[2]
WEB = ROOT / "core" / "hanse" / "web"
Values = dict[str, Any]

CSP = "default-src 'self'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'self'"
PEOPLE = ("王芳", "李强", "Mia Chen", "Ava Rossi", "Noah Weber")
ACCOUNTS = (
    ("1001", "库存现金", "借"),
    ("1002", "银行存款", "借"),
    ("1002.01", "银行存款 工商银行北京中关村支行", "借"),
    ("1122", "应收账款", "借"),
    ("1405", "库存商品", "借"),
    ("2202", "应付账款", "贷"),
    ("2221.01.02", "应交税费 应交增值税 销项税额", "贷"),
    ("6001", "主营业务收入", "贷"),
    ("6602.03", "管理费用 差旅费", "借"),
)
STATES = (("草稿", ""), ("已审核", "info"), ("已过账", "ok"), ("已冲销", "bad"))


def environment(locale: str) -> Environment:
    """Return Jinja as the web part of Hanse sets it up, with the words of ``locale``."""
    env = Environment(
        loader=FileSystemLoader([WEB / "templates", Path(__file__).parent]),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = catalogue(locale)
    env.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)
    env.globals["static"] = lambda path: f"static/{path}"
    return env


def catalogue(locale: str) -> NullTranslations:
    """Return the kernel's messages in ``locale``, out of the text file."""
    file = ROOT / "i18n" / locale / "LC_MESSAGES" / "hanse.po"
    if not file.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with file.open("rb") as text:
        write_mo(compiled, read_po(text))
    compiled.seek(0)
    return Translations(compiled)


def page(locale: str, theme: str, **values: Any) -> Values:
    """Return the context ``page``."""
    menu = [
        {
            "title": "财务",
            "entries": [
                {
                    "title": "凭证",
                    "url": "list.html",
                    "icon": "notebook",
                    "current": True,
                    "count": "5,271",
                    "shortcut": "v",
                },
                {"title": "会计科目", "url": "#accounts", "icon": "list-details", "shortcut": "a"},
                {"title": "科目余额表", "url": "#trial", "icon": "scale", "shortcut": "b"},
                {"title": "明细账", "url": "#ledger", "icon": "book-2"},
            ],
        },
        {
            "title": "主数据",
            "entries": [
                {"title": "往来单位", "url": "#contacts", "icon": "address-book", "count": 12},
                {"title": "银行账户", "url": "#banks", "icon": "building-bank"},
            ],
        },
        {
            "key": "system",
            "title": "系统",
            "entries": [
                {"title": "用户与角色", "url": "#users", "icon": "users"},
                {"title": "任务", "url": "#jobs", "icon": "clock"},
                {"title": "设置", "url": "#settings", "icon": "settings"},
            ],
        },
    ]
    others = [{"id": 2, "name": "上海罗斯文商贸有限公司"}, {"id": 3, "name": "Northwind GmbH"}]
    return {
        "title": "凭证",
        "base": "",
        "csrf": "sample-token",
        "locale": locale,
        "theme": theme,
        "density": "compact",
        "locales": [{"code": "zh_CN", "name": "中文"}, {"code": "en", "name": "English"}],
        "locale_url": "#locale",
        "company": {"name": "北京罗斯文贸易有限公司", "switch_url": "#switch", "others": others},
        "user": {
            "name": "王芳",
            "logout_url": "#logout",
            "entries": [{"label": "我的资料", "url": "#me", "icon": "user"}],
        },
        "menu": menu,
        "palette_url": "palette.json",
        **values,
    }


def voucher_list(locale: str, theme: str) -> Values:
    """Return the contexts of a list of vouchers."""
    columns = [
        {"name": "number", "label": "凭证号", "kind": "text", "sort_url": "?sort=number"},
        {"name": "date", "label": "日期", "kind": "date", "sort_url": "?sort=-date", "sorted": "descending"},
        {"name": "summary", "label": "摘要", "kind": "text"},
        {"name": "maker", "label": "制单人", "kind": "user", "hide_small": True},
        {"name": "attachments", "label": "附件", "kind": "number", "hide_small": True, "slot": "none"},
        {"name": "amount", "label": "金额", "kind": "money", "sort_url": "?sort=amount"},
        {"name": "state", "label": "状态", "kind": "tag"},
    ]
    summaries = (
        "收到北京物流集团货款",
        "支付上海供应商采购款及运费,含增值税专用发票三张",
        "报销差旅费",
        "结转本月销售成本",
        "Red: wrong account",
    )
    rows = []
    for at in range(40):
        amount = (at * 7919 % 90000) + at / 100 + 12
        state, tone = STATES[at % 4]
        red = at % 9 == 4
        rows.append(
            {
                "id": at + 1,
                "url": "form.html",
                "label": f"记-{at + 1}",
                "cells": [
                    {"kind": "title", "text": f"记-{at + 1:04}", "url": "form.html"},
                    {"kind": "date", "text": f"2025-03-{28 - at % 27:02}"},
                    {"kind": "text", "text": summaries[at % 5]},
                    {"kind": "user", "text": PEOPLE[at % 5]},
                    {"kind": "number", "text": str(at % 4) if at % 4 else ""},
                    {"kind": "money", "text": f"{-amount if red else amount:,.2f}", "tone": "bad" if red else ""},
                    {"kind": "tag", "text": state, "tone": tone},
                ],
            }
        )
    segments = [{"label": "全部", "url": "?", "current": True}] + [
        {"label": name, "url": f"?state={name}"} for name, _tone in STATES
    ]
    bulk = [
        {"label": "审核", "url": "?audit", "icon": "clipboard-check", "primary": True},
        {"label": "过账", "url": "?post", "icon": "lock"},
        {"label": "打印", "url": "?print", "icon": "printer", "download": True},
        {"label": "删除", "url": "?delete", "icon": "trash", "danger": True, "confirm": "删除所选凭证?"},
    ]
    filters = [
        {"name": "date", "label": "日期", "kind": "date", "value": "2025-03-01", "value2": "2025-03-31"},
        {
            "name": "state",
            "label": "状态",
            "kind": "choice",
            "choices": [{"value": name, "label": name} for name, _tone in STATES],
        },
        {"name": "account", "label": "科目", "kind": "link", "url": "accounts.json", "value": "", "text": ""},
        {"name": "amount", "label": "金额", "kind": "money"},
        {"name": "reversed", "label": "已冲销", "kind": "flag"},
    ]
    actions = [
        {"label": "导出", "url": "#export", "icon": "download", "quiet": True},
        {"label": "导入", "url": "#import", "icon": "upload", "menu": True},
        {"label": "打印本月", "url": "#print", "icon": "printer", "menu": True},
        {"label": "新建", "url": "form.html", "icon": "plus", "primary": True, "shortcut": "c"},
    ]
    views = [
        {"label": "本月待审核", "url": "?view=1", "current": False},
        {"label": "我制单的", "url": "?view=2", "current": True},
    ]
    return {
        "page": page(locale, theme, actions=actions, count="5,271"),
        "list": {
            "url": "list.html",
            "query": [("state", "all")],
            "columns": columns,
            "rows": rows,
            "search": "",
            "search_label": "搜索凭证、摘要…",
            "segments": segments,
            "filters": filters,
            "groups": [{"label": "按月份", "url": "?group=month", "current": False}],
            "views": views,
            "all_columns": [{"name": column["name"], "label": column["label"], "chosen": True} for column in columns],
            "bulk": {"actions": bulk},
            "pager": {"text": "1–40 / 5,271", "prev_url": "", "next_url": "?after=40"},
        },
    }


def filtered_list(locale: str, theme: str) -> Values:
    """Return a list that is filtered, grouped and added up."""
    values = voucher_list(locale, theme)
    shown = values["list"]
    rows = shown["rows"][:8]
    shown["rows"] = [
        {"heading": {"label": "2025-03", "count": 6, "url": "?open", "open": True}},
        *rows[:6],
        {"heading": {"label": "2025-02", "count": 2}},
        *rows[6:],
    ]
    shown["chips"] = [
        {"label": "日期: 2025-03-01 – 2025-03-31", "remove_url": "?1"},
        {"label": "科目: 1002 银行存款", "remove_url": "?2"},
    ]
    shown["clear_url"] = "?"
    shown["search"] = "货款"
    shown["sums"] = [
        {"kind": "text", "text": "合计"},
        None,
        None,
        None,
        None,
        {"kind": "money", "text": "1,284,307.55"},
        None,
    ]
    return values


def empty_list(locale: str, theme: str) -> Values:
    """Return a list that has nothing to show yet."""
    values = voucher_list(locale, theme)
    actions = [
        {"label": "新建凭证", "url": "form.html", "icon": "plus", "primary": True},
        {"label": "导入账套", "url": "#", "icon": "upload"},
    ]
    values["list"] |= {
        "rows": [],
        "pager": None,
        "empty_title": "还没有凭证",
        "empty_text": "录入第一张凭证,或从其他系统导入一年的账。",
        "empty_icon": "notebook",
        "empty_actions": actions,
    }
    return values


def trial_balance(locale: str, theme: str) -> Values:
    """Return a report: heads in two lines, amounts on both sides, sums."""
    names = [("account", "科目", "link")]
    names += [
        (f"{part}-{side}", "借方" if side == "debit" else "贷方", "money")
        for part in ("opening", "period", "closing")
        for side in ("debit", "credit")
    ]
    columns = [{"name": name, "label": label, "kind": kind} for name, label, kind in names]
    rows = []
    for at, (code, name, side) in enumerate(ACCOUNTS * 3):
        amounts = [
            f"{(at + 1) * 12345.67 * (place + 1):,.2f}" if (side == "借") == (place % 2 == 0) or place in (2, 3) else ""
            for place in range(6)
        ]
        cells = [
            {"kind": "link", "text": f"{code} {name}", "url": "#ledger"},
            *({"kind": "money", "text": text} for text in amounts),
        ]
        rows.append({"id": at, "label": name, "cells": cells})
    sums = [{"kind": "text", "text": "合计"}, *({"kind": "money", "text": "28,123,456.70"} for _at in range(6))]
    values = voucher_list(locale, theme)
    values["page"] |= {
        "title": "科目余额表",
        "count": "",
        "actions": [{"label": "导出", "url": "#", "icon": "download"}],
    }
    values["list"] = {
        "url": "trial.html",
        "columns": columns,
        "rows": rows,
        "sums": sums,
        "segments": [{"label": "2025-03", "url": "?", "current": True}, {"label": "2025", "url": "?year"}],
        "filters": values["list"]["filters"],
        "layout": "table",
        "head_groups": [
            {"label": "", "span": 1},
            {"label": "期初余额", "span": 2},
            {"label": "本期发生额", "span": 2},
            {"label": "期末余额", "span": 2},
        ],
    }
    return values


def voucher_lines(readonly: bool, wrong: bool) -> Values:
    """Return the inline lines of a voucher."""
    columns = [
        {"name": "summary", "label": "摘要", "kind": "text", "repeat": True},
        {
            "name": "account",
            "label": "科目",
            "kind": "link",
            "url": "accounts.json",
            "required": True,
            "width": "xl",
            "wide": True,
        },
        {
            "name": "partner",
            "label": "往来单位",
            "kind": "link",
            "url": "accounts.json",
            "width": "m",
            "hide_small": True,
        },
        {
            "name": "debit",
            "label": "借方金额",
            "kind": "money",
            "width": "m",
            "total": True,
            "side": "debit",
            "sum": "113,000.00",
        },
        {
            "name": "credit",
            "label": "贷方金额",
            "kind": "money",
            "width": "m",
            "total": True,
            "side": "credit",
            "sum": "113,000.00",
        },
    ]
    entries = (
        ("销售商品,收到货款", 2, "113,000.00", ""),
        ("销售商品,收到货款", 7, "", "100,000.00"),
        ("销售商品,收到货款", 6, "", "12,000.00" if wrong else "13,000.00"),
        ("红字示例", 8, "-1,250.50", ""),
        ("红字示例", 0, "", "-1,250.50"),
    )
    rows = []
    for at, (summary, account, debit, credit) in enumerate(entries):
        code, name, _side = ACCOUNTS[account]
        error = "此科目有下级,请选明细科目" if wrong and at == 1 else ""
        rows.append(
            {
                "index": at,
                "id": at + 100,
                "error": error,
                "cells": [
                    {"value": summary},
                    {"value": account, "text": f"{code} {name}", "error": error},
                    {"value": "", "text": ""},
                    {"value": debit, "tone": "bad" if debit.startswith("-") else ""},
                    {"value": credit, "tone": "bad" if credit.startswith("-") else ""},
                ],
            }
        )
    return {
        "name": "lines",
        "label": "分录",
        "columns": columns,
        "rows": rows,
        "readonly": readonly,
        "difference": "借贷差额",
        "scale": 2,
    }


def voucher_form(locale: str, theme: str, *, readonly: bool = False, wrong: bool = False) -> Values:
    """Return the contexts of one voucher: a draft, a posted one, or one that was refused."""
    state = 2 if readonly else 0
    words = [
        {"value": "记", "label": "记账凭证"},
        {"value": "收", "label": "收款凭证"},
        {"value": "付", "label": "付款凭证"},
    ]
    fields = [
        {
            "name": "word",
            "label": "凭证字",
            "kind": "choice",
            "value": "记",
            "text": "记账凭证",
            "choices": words,
            "required": True,
        },
        {
            "name": "date",
            "label": "日期",
            "kind": "date",
            "value": "2025-03-28",
            "required": True,
            "error": "2025-03 已结账" if wrong else "",
        },
        {"name": "number", "label": "凭证号", "kind": "static", "text": "记-0042" if readonly else "(过账时编号)"},
        {"name": "attachments", "label": "附单据数", "kind": "number", "value": "3", "unit": "张"},
        {
            "name": "source",
            "label": "来源",
            "kind": "link",
            "value": 7,
            "text": "SO-2025-0317",
            "url": "accounts.json",
            "open_url": "#order",
        },
        {"name": "maker", "label": "制单人", "kind": "static", "text": "王芳"},
    ]
    done = [{"label": name, "current": at == state, "done": at < state} for at, (name, _tone) in enumerate(STATES[:3])]
    actions = [
        {"label": "打印", "url": "#print", "icon": "printer", "quiet": True},
        {"label": "复制", "url": "#copy", "icon": "copy", "menu": True},
        {
            "label": "删除",
            "url": "#delete",
            "method": "post",
            "icon": "trash",
            "menu": True,
            "danger": True,
            "confirm": "删除这张凭证?",
        },
    ]
    if readonly:
        actions += [
            {
                "label": "红字冲销",
                "url": "#reverse",
                "method": "post",
                "icon": "arrow-back-up",
                "confirm": "生成一张红字凭证?",
            }
        ]
    else:
        actions += [
            {"label": "审核", "submit": "record-form", "name": "action", "value": "audit", "icon": "clipboard-check"},
            {
                "label": "保存",
                "submit": "record-form",
                "name": "action",
                "value": "save",
                "primary": True,
                "icon": "device-floppy",
            },
        ]
    errors = [
        {"field": "f-date", "label": "日期", "message": "2025-03 已结账,请改为 2025-04 或请主管反结账。"},
        {"field": "lines-1-account", "label": "第 2 行", "message": "此科目有下级,请选明细科目。"},
        {"message": "借贷不平: 差额 1,000.00"},
    ]
    rows = [
        {"name": "date", "label": "日期", "yours": "2025-03-28", "theirs": "2025-03-29"},
        {"name": "attachments", "label": "附单据数", "yours": "3", "theirs": "4", "keep": "theirs"},
    ]
    stale = {"user": "李强", "when": "10:42", "form": "record-form", "rev": 9, "reload_url": "form.html", "rows": rows}
    return {
        "page": page(
            locale, theme, title="记-0042", breadcrumbs=[{"title": "凭证", "url": "list.html"}], actions=actions
        ),
        "form": {
            "action": "form.html",
            "title": "记-0042",
            "subtitle": "2025 年 3 月 · 北京罗斯文贸易有限公司",
            "readonly": readonly,
            "states": done,
            "hidden": [{"name": "rev", "value": 8}],
            "sections": [
                {"fields": fields},
                {"fields": [{"name": "note", "label": "备注", "kind": "note", "value": "合同号 HT-2025-031"}]},
            ],
            "lines": voucher_lines(readonly, wrong),
            "totals": [
                {"label": "大写金额", "text": "壹拾壹万叁仟元整"},
                {"label": "合计", "text": "¥ 113,000.00", "strong": True},
            ],
            "errors": errors if wrong else [],
            "saved_text": "" if wrong else "已保存",
            "timeline": timeline(),
            "attachments": attachments(),
            "stale": stale if wrong else None,
        },
    }


def timeline() -> Values:
    """Return history and comments."""
    changes = [
        {"label": "日期", "before": "2025-03-27", "after": "2025-03-28"},
        {"label": "附单据数", "before": "", "after": "3"},
    ]
    return {
        "comment_url": "#comment",
        "entries": [
            {
                "kind": "comment",
                "user": "李强",
                "when": "10:42",
                "at": "2025-03-28T10:42",
                "text": "销项税额请核对发票。\n发票号 03172025。",
            },
            {"kind": "event", "user": "王芳", "when": "10:30", "title": "提交审核", "icon": "clipboard-check"},
            {"kind": "change", "user": "王芳", "when": "09:15", "title": "修改", "changes": changes},
            {"kind": "event", "user": "王芳", "when": "昨天", "title": "新建", "icon": "plus"},
        ],
    }


def attachments() -> Values:
    """Return two files of a record."""
    return {
        "upload_url": "#upload",
        "entries": [
            {
                "name": "增值税专用发票-03172025.pdf",
                "url": "#f1",
                "size": "184 KB",
                "user": "王芳",
                "when": "03-28",
                "icon": "file-type-pdf",
                "delete_url": "#d1",
            },
            {
                "name": "Bank statement March.xlsx",
                "url": "#f2",
                "size": "22 KB",
                "user": "Mia Chen",
                "icon": "file-spreadsheet",
            },
        ],
    }


def home(locale: str, theme: str) -> Values:
    """Return the contexts of the first page."""
    cards = [
        {
            "title": "部门",
            "entries": [
                {"title": "财务", "hint": "凭证、账簿、报表", "icon": "report-money", "url": "list.html"},
                {"title": "往来单位", "hint": "客户、供应商、联系人", "icon": "address-book", "url": "#"},
                {"title": "人事", "hint": "员工、部门", "icon": "id-badge-2", "url": "#"},
                {"title": "设置", "hint": "公司、用户、权限", "icon": "settings", "url": "#"},
            ],
        }
    ]
    return {
        "page": page(locale, theme, title="首页"),
        "home": {
            "activities": {
                "groups": [
                    {"title": "逾期", "when": "overdue", "entries": [todo(1, "overdue", "bad")]},
                    {"title": "今天", "when": "today", "entries": [todo(2, "today", "warn"), todo(3, "today", "warn")]},
                    {"title": "以后", "when": "planned", "entries": [todo(4, "planned", "")]},
                ],
                "count": 4,
                "plan": {"url": "#", "today": "2026-11-23", "owner_url": "#"},
                "all_url": "list.html",
            },
            "approvals": {
                "mine": [{"title": "记账", "about": "记-0012", "url": "form.html", "hint": "11-23 10:42", "who": ""}],
                "others": [{"title": "作废", "about": "记-0011 +3", "url": "#", "hint": "11-22 09:10", "who": "李静"}],
            },
            "alerts": {"entries": told(), "count": 12, "url": "#"},
            "favourites": [
                {"title": "凭证", "url": "list.html", "icon": "receipt", "kind": ""},
                {"title": "上海供应商有限公司", "url": "form.html", "icon": "users", "kind": "往来单位"},
            ],
            "sections": [
                {
                    "title": "到期借用",
                    "icon": "switch-horizontal",
                    "empty": "",
                    "url": "#",
                    "entries": [{"title": "投影仪", "url": "#", "hint": "3 天", "tone": "warn", "icon": ""}],
                }
            ],
            "recent": [{"title": "记-0012", "url": "form.html", "icon": "receipt", "kind": "凭证", "hint": "10:42"}],
            "cards": cards,
        },
    }


def todo(number: int, when: str, tone: str) -> Values:
    """Return an activity of the first page."""
    return {
        "id": number,
        "subject": "致电上海供应商，核对运费发票的含税金额与付款日期",
        "icon": "phone",
        "kind": "电话",
        "due": "2026-11-23",
        "when": when,
        "word": "逾期",
        "tone": tone,
        "owner": "李静" if number == 3 else "",
        "planner": "王建国",
        "details": "发票号 25312000000012345678",
        "about": {"title": "记-0012 支付上海供应商采购款及运费", "url": "form.html", "kind": "凭证"},
        "url": "#",
        "target": "#hz-mine",
        "finish": [{"id": f"a-{number}-outcome", "name": "outcome", "label": "结果", "kind": "note", "stacked": True}],
        "change": [
            {
                "id": f"a-{number}-owner",
                "name": "owner",
                "label": "负责人",
                "kind": "link",
                "value": 1,
                "text": "王建国",
                "url": "complete.json",
                "stacked": True,
            }
        ],
    }


def told() -> list[Values]:
    """Return notifications, read and not."""
    return [
        {
            "id": number,
            "sentence": "李静 提及了您",
            "detail": "请核对税额，谢谢。",
            "about": "记-0012",
            "icon": "message",
            "when": "2026-11-23 10:42",
            "at": "2026-11-23T10:42",
            "url": "form.html",
            "read": read,
        }
        for number, read in ((1, False), (2, True))
    ]


def login(locale: str, theme: str) -> Values:
    """Return the contexts of the sign-in page after a wrong password."""
    return {
        "page": page(locale, theme, title="登录"),
        "login": {"action": "home.html", "name": "wang", "error": "用户名或密码不对。还可以试 4 次。"},
    }


def error(locale: str, theme: str) -> Values:
    """Return the contexts of an error page."""
    actions = [{"label": "返回首页", "url": "home.html", "primary": True}, {"label": "返回凭证", "url": "list.html"}]
    text = "没有这张凭证,或者您无权查看。"
    hint = "如果链接来自同事,请他确认您在同一公司。"
    return {
        "page": page(locale, theme),
        "error": {
            "code": 404,
            "title": "找不到",
            "text": text,
            "hint": hint,
            "reference": "7f3a-21",
            "actions": actions,
        },
    }


def components(locale: str, theme: str) -> Values:
    """Return samples of everything that the other pages do not show."""
    kinds = (
        "text",
        "number",
        "money",
        "date",
        "datetime",
        "month",
        "choice",
        "flag",
        "link",
        "file",
        "note",
        "radio",
        "email",
        "password",
    )
    choices = [{"value": "a", "label": "小规模纳税人"}, {"value": "b", "label": "一般纳税人"}]
    samples = {
        "text": "文本",
        "number": "12",
        "money": "-1,250.50",
        "date": "2025-03-28",
        "choice": "b",
        "radio": "a",
        "flag": True,
        "link": 1,
    }
    fields = [
        {
            "name": f"c-{kind}",
            "label": kind,
            "kind": kind,
            "value": samples.get(kind, ""),
            "choices": choices,
            "url": "accounts.json",
            "text": "1001 库存现金",
            "help": "帮助文字" if kind == "money" else "",
            "unit": "CNY" if kind == "money" else "",
            "create_url": "#new",
        }
        for kind in kinds
    ]
    wrong = [
        {
            "name": f"w-{kind}",
            "label": kind,
            "kind": kind,
            "value": "",
            "error": "请填写",
            "required": True,
            "choices": choices,
            "url": "accounts.json",
        }
        for kind in ("text", "choice", "link", "money")
    ]
    fixed = [
        {
            "name": f"r-{kind}",
            "label": kind,
            "kind": kind,
            "readonly": True,
            "value": samples.get(kind, ""),
            "text": {"flag": None}.get(kind, "2,400.00"),
            "tone": "warn",
        }
        for kind in ("text", "flag", "tag", "money")
    ]
    steps = [
        {"title": "公司", "done": True, "url": "#1"},
        {"title": "科目表", "done": True, "url": "#2"},
        {"title": "凭证字", "current": True},
        {"title": "用户"},
    ]
    tabs = [{"name": "one", "title": "基本信息"}, {"name": "two", "title": "其他", "count": 3}]
    messages = [{"text": "凭证 记-0042 已过账", "tone": "ok"}, {"text": "服务器没有回答,请重试。", "tone": "bad"}]
    sample = {
        "fields": fields,
        "wrong": wrong,
        "fixed": fixed,
        "steps": steps,
        "tabs": tabs,
        "tones": ("", "ok", "warn", "bad", "info", "accent"),
    }
    return {"page": page(locale, theme, title="Components", messages=messages, cjk=True), "sample": sample}


PAGES = {
    "list": ("list.jinja2", voucher_list),
    "filtered": ("list.jinja2", filtered_list),
    "empty": ("list.jinja2", empty_list),
    "trial": ("list.jinja2", trial_balance),
    "form": ("form.jinja2", voucher_form),
    "posted": ("form.jinja2", partial(voucher_form, readonly=True)),
    "refused": ("form.jinja2", partial(voucher_form, wrong=True)),
    "home": ("home.jinja2", home),
    "login": ("login.jinja2", login),
    "error": ("error.jinja2", error),
}


def render(locale: str, theme: str) -> Iterator[tuple[str, str]]:
    """Yield name and HTML of each page."""
    env = environment(locale)
    for name, (template, context) in PAGES.items():
        yield name, env.get_template(template).render(context(locale, theme))
    yield "components", env.get_template("components.jinja2").render(components(locale, theme))


def write(folder: Path, locale: str, theme: str) -> None:
    """Write every page into ``folder``, beside a link to the static files."""
    folder.mkdir(parents=True, exist_ok=True)
    static = folder / "static"
    if not static.exists():
        static.symlink_to(WEB / "static")
    for name, html in render(locale, theme):
        (folder / f"{name}.html").write_text(html, encoding="utf-8")


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the pages under the policy of the real server, and plays the searches."""

    def do_GET(self) -> None:
        address = urllib.parse.urlsplit(self.path)
        wanted = urllib.parse.parse_qs(address.query).get("q", [""])[0].lower()
        if address.path.endswith("accounts.json"):
            self.answer(
                [
                    {"id": at, "code": code, "name": name, "hint": side}
                    for at, (code, name, side) in enumerate(ACCOUNTS)
                    if wanted in f"{code} {name}".lower()
                ]
            )
        elif address.path.endswith("palette.json"):
            self.answer(
                [
                    {"title": f"{code} {name}", "hint": "会计科目", "url": "form.html", "icon": "list-details"}
                    for code, name, _side in ACCOUNTS
                    if wanted in f"{code} {name}"
                ]
            )
        elif address.path.endswith("progress.json"):
            self.answer({"done": 640, "total": 1000, "message": "第 640 张,共 1,000 张", "state": "running"})
        else:
            super().do_GET()

    def answer(self, found: object) -> None:
        text = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CSP)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--locale", default="zh_CN")
    parser.add_argument("--theme", default="")
    parser.add_argument("--port", type=int, default=8090)
    options = parser.parse_args()
    write(options.folder, options.locale, options.theme)
    if options.port:
        handler = partial(Handler, directory=str(options.folder))
        http.server.ThreadingHTTPServer(("127.0.0.1", options.port), handler).serve_forever()


if __name__ == "__main__":
    main()
