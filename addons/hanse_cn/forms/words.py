"""The words on the forms, in Chinese and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from hanse_cn.forms.geometry import ColumnName
from hanse_finance.printed import Columns

Locale = Literal["zh_CN", "en"]


_ENGLISH_TITLES: Final[Mapping[str, str]] = {
    "记账凭证": "Journal Voucher",
    "收款凭证": "Receipt Voucher",
    "付款凭证": "Payment Voucher",
    "转账凭证": "Transfer Voucher",
}


@dataclass(frozen=True, slots=True)
class FormWords:
    """Everything printed on a form that is not the voucher's own."""

    language: str
    title: str
    company: str
    columns: Mapping[ColumnName, str]
    account: str
    mark: str
    signatures: tuple[str, str, str, str, str]
    total: str
    continued: str
    carried: str
    brought: str
    attachments: tuple[str, str]
    number: str
    provisional: str
    capital: bool
    file_title: str
    cover: str
    cover_labels: Mapping[str, str]
    cover_count: str
    volume: str
    numbers: str
    summary: str
    summary_columns: tuple[str, str, str, str]
    summary_total: str
    summary_maker: str
    brief: str

    def titled(self, title: str) -> str:
        """Return a form's title in this language; one of the user's own stays as it is."""
        if not title:
            return self.title
        return title if self.language == "zh-CN" else _ENGLISH_TITLES.get(title, title)

    def column(self, name: ColumnName, columns: Columns) -> str:
        """Return the head of a column; only beside details the account is the general one."""
        return self.account if name == "account" and columns != "detailed" else self.columns[name]

    def date(self, day: date) -> str:
        """Return a date as the form writes it."""
        return f"{day.year} 年 {day.month} 月 {day.day} 日" if self.language == "zh-CN" else day.isoformat()


WORDS: Final[Mapping[Locale, FormWords]] = {
    "zh_CN": FormWords(
        language="zh-CN",
        title="记账凭证",
        company="核算单位：",
        columns={
            "summary": "摘要",
            "account": "总账科目",
            "detail": "明细科目",
            "currency": "币种",
            "original": "原币金额",
            "rate": "汇率",
            "quantity": "数量",
            "price": "单价",
            "debit": "借方金额",
            "credit": "贷方金额",
            "mark": "记账",
        },
        account="会计科目",
        mark="记账",
        signatures=("会计主管：", "记账：", "审核：", "出纳：", "制单："),
        total="合计：",
        continued="续下页",
        carried="过次页",
        brought="承前页",
        attachments=("附单据", "张"),
        number="{word}字第 {number} 号",
        provisional="暂",
        capital=True,
        file_title="记账凭证",
        cover="记账凭证封面",
        cover_labels={
            "company": "单位名称",
            "period": "会计期间",
            "volume": "册数",
            "vouchers": "凭证张数",
            "attachments": "附件张数",
            "numbers": "起讫号数",
            "responsible": "会计主管",
            "binder": "装订人",
            "bound": "装订日期",
        },
        cover_count="{vouchers} 份，共 {sheets} 张",
        volume="共 {volumes} 册，第 {volume} 册",
        numbers="{period}  {word}字第 {first} 号至第 {last} 号，共 {count} 份",
        summary="科目汇总表",
        summary_columns=("科目编码", "会计科目", "借方金额", "贷方金额"),
        summary_total="合计",
        summary_maker="制表：",
        brief="{word}字第 {first}–{last} 号",
    ),
    "en": FormWords(
        language="en",
        title="Journal Voucher",
        company="Company: ",
        columns={
            "summary": "Summary",
            "account": "Account",
            "detail": "Details",
            "currency": "Curr.",
            "original": "Amount",
            "rate": "Rate",
            "quantity": "Quantity",
            "price": "Unit price",
            "debit": "Debit",
            "credit": "Credit",
            "mark": "√",
        },
        account="Account",
        mark="√",
        signatures=("Chief accountant: ", "Posted by: ", "Audited by: ", "Cashier: ", "Prepared by: "),
        total="Total ",
        continued="continued on the next page",
        carried="Carried forward",
        brought="Brought forward",
        attachments=("Attachments:", ""),
        number="No. {word}-{number}",
        provisional="draft ",
        capital=False,
        file_title="Journal vouchers",
        cover="Vouchers",
        cover_labels={
            "company": "Company",
            "period": "Period",
            "volume": "Volume",
            "vouchers": "Vouchers",
            "attachments": "Attachments",
            "numbers": "Numbers",
            "responsible": "Chief accountant",
            "binder": "Bound by",
            "bound": "Bound on",
        },
        cover_count="{vouchers} on {sheets} pages",
        volume="{volume} of {volumes}",
        numbers="{period}  {word}-{first} to {word}-{last}, {count} vouchers",
        summary="Account summary",
        summary_columns=("Code", "Account", "Debit", "Credit"),
        summary_total="Total",
        summary_maker="Prepared by: ",
        brief="{word}-{first} to {last}",
    ),
}
