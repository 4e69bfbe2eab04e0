"""Passwords: what is stored, and what is too weak."""

from __future__ import annotations

import pytest

from hanse import BusinessError
from hanse.security.passwords import MOST, Rules, generate_password, hash_password, needs_rehash, verify_password


def test_only_an_argon2id_hash_is_stored():
    stored = hash_password("correct horse")
    assert stored.startswith("$argon2id$")
    assert "correct" not in stored
    assert hash_password("correct horse") != stored, "salted"


def test_the_right_password_is_right_and_others_are_not():
    stored = hash_password("correct horse")
    assert verify_password(stored, "correct horse")
    assert not verify_password(stored, "correct Horse")
    assert not verify_password(stored, "")
    assert not verify_password("no hash at all", "correct horse")


def test_nobody_logs_in_without_a_password():
    assert not verify_password(None, "")
    assert not verify_password(None, "correct horse")


@pytest.mark.parametrize(
    ("weak", "why"),
    [
        ("short", "at least 10 characters"),
        ("", "at least 10 characters"),
        ("seven of 9", "easy to guess"),
        ("aaaaaaaaaaaa", "easy to guess"),
        ("ababababababab", "easy to guess"),
        ("1234567890", "easy to guess"),
        ("qwertyuiop", "easy to guess"),
        ("P@ssw0rd2024", "easy to guess"),
        ("iloveyou12", "easy to guess"),
        ("24.12.1985", "easy to guess"),
        ("Kx9 " * 65, "at most 256 bytes"),
        ("密码安全第一" * 15, "at most 256 bytes"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(weak: str, why: str):
    with pytest.raises(BusinessError, match=why) as caught:
        hash_password(weak)
    assert caught.value.field == "password"


@pytest.mark.parametrize("strong", ["correct horse", "sunshine and rain", "x9fk2-aq7m1", "我爱北京天安门上太阳升"])
def test_neither_capitals_nor_digits_nor_signs_are_asked_for(strong: str):
    assert verify_password(hash_password(strong), strong)


@pytest.mark.parametrize(
    "weak", ["Hanse-Trading1", "hansetrading", "2024 Hanse Trading", "annette.99 hi", "ANNETTE99xy"]
)
def test_a_name_with_a_little_around_it_is_no_password(weak: str):
    with pytest.raises(BusinessError, match="little more than a name"):
        hash_password(weak, names=["Hanse Trading", "annette.99", None, ""])


def test_a_name_in_a_long_password_does_no_harm():
    assert hash_password("annette rides a green camel", names=["annette"])


def test_the_longest_password_is_verified_to_its_last_byte():
    longest = "".join(chr(97 + (at * 7 + at // 26) % 26) for at in range(MOST))
    stored = hash_password(longest)
    assert verify_password(stored, longest)
    assert not verify_password(stored, longest[:-1])
    assert not verify_password(stored, longest + "a")


def test_the_settings_may_ask_for_more_characters(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Rules, "length", 16)
    with pytest.raises(BusinessError, match="at least 16 characters"):
        hash_password("correct horse")


def test_chinese_passwords_work():
    stored = hash_password("正确的马电池订书钉安全")
    assert verify_password(stored, "正确的马电池订书钉安全")


def test_a_generated_password_is_accepted_and_never_the_same():
    made = {generate_password() for _n in range(50)}
    assert len(made) == 50
    assert all(verify_password(hash_password(one), one) for one in list(made)[:1])
    assert not any(set(one) & set("0O1lI") for one in made), "nothing that is misread"


def test_an_older_hash_is_made_anew():
    weaker = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$ix6eFQbCUbVcFvn8BBN9CA"
    assert needs_rehash(weaker)
    assert not needs_rehash(hash_password("correct horse"))
