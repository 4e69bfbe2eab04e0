"""What may be relied on of the checks: right numbers are stored in one form, wrong ones refused, others left alone.

Numbers come from the standards' own examples and from published lists: GB 32100-2015, ISO 13616, the VAT numbers that
the tests of python-stdnum use, and the telephone numbers that companies print.
"""

from __future__ import annotations

import string

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import assume, example, given
from hypothesis import strategies as st
from phonenumbers import example_number, is_valid_number, parse
from phonenumbers.phonenumberutil import SUPPORTED_REGIONS, PhoneNumberFormat, format_number

from hanse_contacts.checks import (
    Home,
    Unfit,
    checked_account_number,
    checked_bic,
    checked_email,
    checked_language,
    checked_phone,
    checked_tax_id,
    checked_website,
    comparison_key,
    shown_phone,
)

CHINA = Home("CN", certain=True)
OUR_CHINA = Home("CN")
GERMANY = Home("DE", certain=True)
NOWHERE = Home()


# --- telephones


@pytest.mark.parametrize(
    ("typed", "home", "stored"),
    [
        ("138 0013 8000", CHINA, "+8613800138000"),
        ("138-0013-8000", OUR_CHINA, "+8613800138000"),
        ("１３８００１３８０００", CHINA, "+8613800138000"),
        ("(010) 6278-1234", CHINA, "+861062781234"),
        ("+86 10 62781234", NOWHERE, "+861062781234"),
        ("010-62781234转8001", CHINA, "+861062781234;ext=8001"),
        ("010-62781234-8001", CHINA, "+861062781234;ext=8001"),
        ("400-800-8888", CHINA, "+864008008888"),
        ("95588", CHINA, "95588"),
        ("030 901820", GERMANY, "+4930901820"),
        ("+49 30 901820", CHINA, "+4930901820"),
        ("(5) 555-4729", Home("MX", certain=True), "(5) 555-4729"),
        ("555-1234", NOWHERE, "555-1234"),
        ("ask at the desk", GERMANY, "ask at the desk"),
        ("62781234", OUR_CHINA, "62781234"),
    ],
)
def test_telephones_are_stored_as_e164_where_they_fit(typed, home, stored):
    assert checked_phone(typed, home) == stored


@pytest.mark.parametrize(
    ("typed", "home"),
    [
        ("1380013800", CHINA),
        ("62781234", CHINA),
        ("+86 138 0013 80001", NOWHERE),
        ("12800138000", OUR_CHINA),
        ("x", CHINA),
    ],
)
def test_a_chinese_telephone_that_cannot_be_is_refused(typed, home):
    with pytest.raises(Unfit, match="no Chinese telephone number") as caught:
        checked_phone(typed, home)
    assert typed in str(caught.value.message)


def test_a_number_with_country_code_and_too_few_digits_is_refused():
    with pytest.raises(Unfit, match="too few or too many"):
        checked_phone("+1 555", NOWHERE)


def test_a_telephone_is_shown_in_groups():
    assert shown_phone("+8613800138000") == "+86 138 0013 8000"
    assert shown_phone("+861062781234;ext=8001") == "+86 10 6278 1234 ext. 8001"
    assert shown_phone("95588") == "95588"


regions = st.sampled_from(sorted(SUPPORTED_REGIONS))


@given(regions)
def test_what_is_stored_stays_when_it_is_typed_again(region):
    number = example_number(region)
    assume(number is not None)
    typed = format_number(number, PhoneNumberFormat.NATIONAL)
    stored = checked_phone(typed, Home(region, certain=True))
    assert checked_phone(stored, Home(region, certain=True)) == stored
    assert checked_phone(shown_phone(stored), NOWHERE) == stored


@given(st.text(max_size=30), regions)
def test_a_stored_number_with_a_plus_is_one_that_can_be_dialled(typed, region):
    try:
        stored = checked_phone(typed, Home(region, certain=True))
    except Unfit:
        return
    if stored.startswith("+") and stored != typed.strip():
        assert is_valid_number(parse(stored, None))


# --- tax numbers


@pytest.mark.parametrize(
    ("typed", "home", "stored"),
    [
        ("91110000600037341L", CHINA, "91110000600037341L"),
        ("91110000 600037341l", CHINA, "91110000600037341L"),
        ("91110000600037341L", OUR_CHINA, "91110000600037341L"),
        ("11010519491231002X", CHINA, "11010519491231002X"),
        ("110105194912310", CHINA, "110105194912310"),
        ("12-3456789", OUR_CHINA, "12-3456789"),
        ("DE 136 695 976", GERMANY, "DE136695976"),
        ("136695976", GERMANY, "DE136695976"),
        ("EL 094259216", NOWHERE, "EL094259216"),
        ("DE136695976", Home("FR", certain=True), "DE136695976"),
        ("21/815/08150", GERMANY, "21/815/08150"),
        ("RSSMRA85T10A562S", Home("IT", certain=True), "RSSMRA85T10A562S"),
        ("53 004 085 616", Home("AU", certain=True), "53004085616"),
        ("12-3456789", Home("US", certain=True), "12-3456789"),
        ("anything", NOWHERE, "anything"),
    ],
)
def test_tax_numbers_are_tidied_where_their_rules_are_known(typed, home, stored):
    assert checked_tax_id(typed, home) == stored


@pytest.mark.parametrize(
    ("typed", "home", "reason"),
    [
        ("91110000600037341M", CHINA, "check character"),
        ("9111000060003734", CHINA, "16 characters, not 18"),
        ("9111O000600037341L", CHINA, "never used"),
        ("91110000600037341M", OUR_CHINA, "check character"),
        ("DE136695977", GERMANY, "no VAT number of DE"),
        ("EL094259217", NOWHERE, "no VAT number of GR"),
        ("DE1234", GERMANY, None),
    ],
)
def test_tax_numbers_that_cannot_be_are_refused_with_the_reason(typed, home, reason):
    if reason is None:
        assert checked_tax_id(typed, home) == typed
        return
    with pytest.raises(Unfit, match=reason):
        checked_tax_id(typed, home)


credit_code = st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17)


@given(credit_code, st.integers(0, 16), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_one_wrong_character_of_a_credit_code_is_noticed(start, place, other):
    """The weights of GB 32100-2015 are powers of 3 modulo 31, a prime, so that no single character may change."""
    from stdnum.cn import uscc

    body = "91" + "110000" + start[8:]
    code = body + uscc.calc_check_digit(body)
    assert checked_tax_id(code, CHINA) == code
    changed = code[:place] + other + code[place + 1 :]
    if changed != code:
        with pytest.raises(Unfit):
            checked_tax_id(changed, CHINA)


@given(st.text(max_size=24), st.sampled_from([CHINA, OUR_CHINA, GERMANY, NOWHERE]))
def test_a_stored_tax_number_stays_when_it_is_typed_again(typed, home):
    try:
        stored = checked_tax_id(typed, home)
    except Unfit:
        return
    assert checked_tax_id(stored, home) == stored


# --- e-mail, bank accounts, web, languages


local_parts = st.text(string.ascii_lowercase + string.digits + "._+-", min_size=1, max_size=40)
domains = st.sampled_from(["example.com", "b\u00fccher.de", "x.local", "a..b", "-x.com", "firm.cn", "localhost", ""])


@given(local_parts, domains)
@example("a..b", "example.com")
@example(".a", "example.com")
@example("a" * 32 + "." + "b" * 15, "example.com")
def test_the_short_way_agrees_with_the_library(local, domain):
    typed = f"{local}@{domain}"
    try:
        wanted = validate_email(typed, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        with pytest.raises(Unfit, match="no e-mail address"):
            checked_email(typed)
    else:
        assert checked_email(typed) == wanted


@pytest.mark.parametrize("typed", ["nobody", "a@b", "a b@example.com", "@example.com", "a@example.com, b@example.com"])
def test_what_is_no_mail_address_is_refused(typed):
    with pytest.raises(Unfit):
        checked_email(typed)


def test_ibans_are_checked_and_domestic_accounts_left_alone():
    assert checked_account_number("gb82 west 1234 5698 7654 32") == "GB82WEST12345698765432"
    assert checked_account_number("6222 0212-3456 7890 123") == "6222021234567890123"
    assert checked_account_number("0200 00 X/3") == "0200 00 X/3"
    with pytest.raises(Unfit, match="no IBAN"):
        checked_account_number("GB82WEST12345698765433")


@given(st.integers(10, 21), st.sampled_from(string.digits))
def test_one_wrong_digit_of_an_iban_is_noticed(place, other):
    right = "DE89370400440532013000"
    wrong = right[:place] + other + right[place + 1 :]
    assume(wrong != right)
    with pytest.raises(Unfit):
        checked_account_number(wrong)


def test_bics_have_eight_or_eleven_characters():
    assert checked_bic(" bkchcnbj ") == "BKCHCNBJ"
    assert checked_bic("BKCHCNBJ300") == "BKCHCNBJ300"
    with pytest.raises(Unfit, match="no BIC"):
        checked_bic("BKCH")


def test_web_addresses_get_a_scheme_and_scripts_are_refused():
    assert checked_website("www.hanse.org") == "https://www.hanse.org"
    assert checked_website("http://hanse.org/a?b=1") == "http://hanse.org/a?b=1"
    for typed in (
        "javascript://hanse.org/%0aalert(1)",
        "javascript:alert(1)",
        "hanse",
        "https://",
        "http://[::1",
        "a b.com",
    ):
        with pytest.raises(Unfit, match="no web address"):
            checked_website(typed)


def test_languages_are_written_one_way():
    assert checked_language("zh-CN") == "zh_CN"
    assert checked_language("de") == "de"
    with pytest.raises(Unfit, match="no language"):
        checked_language("Klingon")


# --- names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hanse Trading Co., Ltd.", "HANSE TRADING"),
        ("Bücher GmbH & Co. KG", "Bucher"),
        ("Société Générale S.A.", "Societe Generale"),
        ("华为技术有限公司", "华为技术"),
        ("上海汽车集团股份有限公司", "上海汽车"),
        ("北京市海淀区商店", "北京海淀区商店"),
        ("ＡＢＣ　Limited", "abc"),
    ],
)
def test_names_that_mean_the_same_have_the_same_key(one, other):
    assert comparison_key(one) == comparison_key(other)


@pytest.mark.parametrize(("one", "other"), [("Hanse", "Hansa"), ("华为技术有限公司", "华为终端有限公司"), ("AG", "SA")])
def test_other_names_have_other_keys(one, other):
    assert comparison_key(one) != comparison_key(other)


@given(st.text(string.ascii_letters + string.digits + " .,-éü省市公司有限华", min_size=1, max_size=60))
def test_a_name_with_letters_keeps_some(name):
    assert bool(comparison_key(name)) == any(map(str.isalnum, name))
    assert comparison_key(name.upper()) == comparison_key(name)
