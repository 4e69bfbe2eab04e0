"""The words on the forms, in Chinese and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

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
    columns: tuple[str, str, str, str, str]
    mark: str
    signatures: tuple[str, str, str, str, str]
    total: str
    continued: str
    attachments: tuple[str, str]
    number: str
    provisional: str
    capital: bool
    file_title: str

    def titled(self, title: str) -> str:
        """Return a form's title in this language; one of the user's own stays as it is."""
        if not title:
            return self.title
        return title if self.language == "zh-CN" else _ENGLISH_TITLES.get(title, title)

    def date(self, day: date) -> str:
        """Return a date as the form writes it."""
        return f"{day.year} 年 {day.month} 月 {day.day} 日" if self.language == "zh-CN" else day.isoformat()


WORDS: Final[Mapping[Locale, FormWords]] = {
    "zh_CN": FormWords(
        language="zh-CN",
        title="记账凭证",
        company="核算单位：",
        columns=("摘要", "总账科目", "明细科目", "借方金额", "贷方金额"),
        mark="记账",
        signatures=("会计主管：", "记账：", "审核：", "出纳：", "制单："),
        total="合计：",
        continued="续下页",
        attachments=("附单据", "张"),
        number="{word}字第 {number} 号",
        provisional="暂",
        capital=True,
        file_title="记账凭证",
    ),
    "en": FormWords(
        language="en",
        title="Journal Voucher",
        company="Company: ",
        columns=("Summary", "Account", "Details", "Debit", "Credit"),
        mark="√",
        signatures=("Chief accountant: ", "Posted by: ", "Audited by: ", "Cashier: ", "Prepared by: "),
        total="Total ",
        continued="continued on the next page",
        attachments=("Attachments:", ""),
        number="No. {word}-{number}",
        provisional="draft ",
        capital=False,
        file_title="Journal vouchers",
    ),
}
