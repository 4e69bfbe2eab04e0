"""Passwords: what is stored, and what is too weak."""

from __future__ import annotations

import pytest

from hanse import BusinessError
from hanse.security.passwords import generate_password, hash_password, needs_rehash, verify_password


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


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaa", "ababababababab", "x" * 201, ""])
def test_weak_passwords_are_refused(weak):
    with pytest.raises(BusinessError, match="at least 10 characters") as caught:
        hash_password(weak)
    assert caught.value.field == "password"


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
