"""What readers may rely on: every sentence is in the catalogues, translated, with the words of the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from hanse.setup.places import CHECKOUT
from hanse.setup.translations import NEW_LOCALES, collect, read, sources

DOMAINS = sources(CHECKOUT)
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
HAN = re.compile("[\u4e00-\u9fff]")
#: What is written alike in both languages.
ALIKE = re.compile(r"[^A-Za-z]*|Hanse|%\(\w+\)s[^A-Za-z]*(%\(\w+\)s[^A-Za-z]*)*")
#: A term of docs/glossary.md in a message, and one of the words its translation then has.
TERMS = {
    r"vouchers?": ("凭证", "字"),
    r"chart of accounts": ("科目表", "会计科目"),
    r"trial balance": ("科目余额表",),
    r"account ledger": ("明细账",),
    r"debits?": ("借", "试算平衡"),
    r"credits?(?! code)": ("贷", "试算平衡"),
    r"post(ed|ing)": ("记账",),
    r"audit(ed|s)": ("审核", "制单"),
    r"revers(e|ed|al)": ("冲销", "红字"),
    r"fiscal years?": ("会计年度", "年度"),
    r"exchange rates?": ("汇率",),
    r"opening": ("期初",),
    r"closing balance": ("期末", "余额"),
    r"dimensions?": ("辅助核算", "核算项目", "辅助余额表", "辅助明细账"),
    r"suppliers?": ("供应商",),
    r"customers?": ("客户",),
    r"departments?": ("部门",),
    r"permissions?": ("权限",),
    r"addons?": ("插件",),
    r"attach(ment|ments)": ("附件",),
}
#: Words that the glossary has another word for.
AVOIDED = ("过账", "传票", "会计科目表", "供货商", "厂商", "冲正", "缺省", "登陆", "帐")


def catalogue(domain: str, locale: str) -> Catalog:
    return read(CHECKOUT / "i18n" / locale / "LC_MESSAGES" / f"{domain}.po")


def forms(message: Message) -> list[tuple[str, str]]:
    """Give each form of a message with its translation; Chinese has one form for all numbers."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    translations = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return [(message.id[-1], text or "") for text in translations]


def translated() -> Iterator[tuple[str, str, str]]:
    """Give domain, message and translation of everything."""
    for domain in DOMAINS:
        for message in catalogue(domain, "zh_CN"):
            if message.id:
                yield from ((domain, one, text) for one, text in forms(message))


@pytest.mark.parametrize("locale", NEW_LOCALES)
@pytest.mark.parametrize("domain", DOMAINS)
def test_nothing_is_said_that_is_not_in_the_catalogue(domain: str, locale: str) -> None:
    said = {message.id for message in collect(domain, DOMAINS[domain]) if message.id}
    known = {message.id for message in catalogue(domain, locale) if message.id}
    assert sorted(map(str, said - known)) == [], "run ./run i18n update"
    assert sorted(map(str, known - said)) == [], "run ./run i18n update"


def test_everything_is_translated_and_nothing_is_a_guess() -> None:
    empty = [f"{domain}: {message}" for domain, message, text in translated() if not text.strip()]
    guessed = [
        f"{domain}: {message.id}"
        for domain in DOMAINS
        for message in catalogue(domain, "zh_CN")
        if message.id and message.fuzzy
    ]
    assert empty + guessed == []


def test_a_translation_asks_for_the_values_that_the_message_has() -> None:
    wrong = [
        f"{domain}: {message} → {text}"
        for domain, message, text in translated()
        if set(PLACEHOLDER.findall(message)) - {"%(num)s", "%(count)s"}
        != set(PLACEHOLDER.findall(text)) - {"%(num)s", "%(count)s"}
        or not set(PLACEHOLDER.findall(text)) <= set(PLACEHOLDER.findall(message)) | {"%(num)s", "%(count)s"}
    ]
    assert wrong == []


def test_chinese_is_written_in_chinese() -> None:
    assert [
        f"{domain}: {message}"
        for domain, message, text in translated()
        if not HAN.search(text) and not ALIKE.fullmatch(message) and text == message
    ] == []


def test_chinese_sentences_have_chinese_marks() -> None:
    half = re.compile("[\u4e00-\u9fff”][,;:?!](?!\\w)|[\u4e00-\u9fff][,;?!]")
    assert [text for _domain, _message, text in translated() if half.search(PLACEHOLDER.sub("中", text))] == []


def test_terms_are_those_of_the_glossary() -> None:
    glossary = (CHECKOUT / "docs" / "glossary.md").read_text(encoding="utf-8")
    wrong = [
        f"{domain}: {message} → {text}"
        for domain, message, text in translated()
        for term, chinese in TERMS.items()
        if domain in ("hanse_finance", "hanse_cn")
        and re.search(rf"\b{term}\b", message, re.IGNORECASE)
        and not any(one in text for one in chinese)
    ]
    avoided = [f"{domain}: {text}" for domain, _message, text in translated() for word in AVOIDED if word in text]
    assert wrong + avoided == []
    assert "| posted | 已记账 |" in glossary


def test_every_domain_has_its_catalogue() -> None:
    assert {path.stem for path in Path(CHECKOUT / "i18n" / "zh_CN" / "LC_MESSAGES").glob("*.po")} == set(DOMAINS)
