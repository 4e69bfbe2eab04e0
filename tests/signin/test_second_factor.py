"""The second step: codes as RFC 6238 has them, each taken once, and a way in for whoever has lost the phone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from porch import PASSWORD, Porch

from hanse.security import sessions
from hanse.signin.second_factor import matching_step
from hanse.signin.vault import Vault
from hanse.testing.browser import Browser

#: RFC 6238, appendix B: seconds since 1970 and the code of eight digits by SHA-1; ours are the last six of them.
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
#: "12345678901234567890" in base32.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert matching_step(RFC_SECRET, code[-6:], now) == seconds // 30
    assert matching_step(RFC_SECRET, f"{code[2:5]} {code[5:]}", now) == seconds // 30, "as apps write it"


@pytest.mark.parametrize(("late", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_wrong_by_one_step(late: int, good: bool) -> None:
    now = datetime.fromtimestamp(1234567890, UTC)
    code = pyotp.TOTP(RFC_SECRET).at(now + timedelta(seconds=late))
    assert (matching_step(RFC_SECRET, code, now) is not None) is good


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "-12345"])
def test_what_is_no_code_is_no_code(code: str) -> None:
    assert matching_step(RFC_SECRET, code, datetime.fromtimestamp(59, UTC)) is None


def test_a_step_is_not_taken_twice_nor_an_earlier_one_after_it() -> None:
    now = datetime.fromtimestamp(1234567890, UTC)
    step = 1234567890 // 30
    code, before = (pyotp.TOTP(RFC_SECRET).generate_otp(one) for one in (step, step - 1))
    assert matching_step(RFC_SECRET, code, now, after=step) is None
    assert matching_step(RFC_SECRET, before, now, after=step) is None


# --- the pages --------------------------------------------------------------------------------------------------------


def secret_on(page: Any) -> str:
    return str(page.html.select_one(".hz-facts code").get_text()).replace(" ", "")


def code_of(secret: str, *, steps: int = 1) -> str:
    """Give a code; by default the next one, as that of this moment has confirmed the app."""
    return pyotp.TOTP(secret).generate_otp(int(sessions.utc_now().timestamp()) // 30 + steps)


def set_up(porch: Porch, login: str = "ann") -> tuple[str, list[str], Browser]:
    """Set an app up on the account page; give its secret, the recovery codes and the browser."""
    browser = porch.inside(login)
    page = browser.get("/me/second-factor")
    secret = secret_on(page)
    form = page.forms[0]
    form["code"], form["password"] = code_of(secret, steps=0), PASSWORD
    shown = form.submit(status=200)
    return secret, [one.get_text() for one in shown.html.select(".hz-codes code")], browser


def second_step(
    porch: Porch, code: str, *, login: str = "ann", trust: bool = False, browser: Browser | None = None
) -> Any:
    browser = browser or porch.browser()
    answer = porch.sign_in(login, browser=browser)
    assert answer.location.endswith("/login/code")
    form = browser.get("/login/code").forms[0]
    form["code"] = code
    if trust:
        form["trust"] = "1"
    return form.submit(expect_errors=True)


def test_an_app_counts_after_its_first_code_and_asks_for_one_from_then_on(porch: Porch) -> None:
    user = porch.person("ann")
    browser = porch.inside("ann")
    page = browser.get("/me/second-factor")
    assert porch.sign_in("ann").location == "http://localhost/", "not confirmed, so not asked for"
    form = page.forms[0]
    form["code"], form["password"] = "000000", PASSWORD
    assert "not right" in form.submit(status=422).text
    secret, codes, _browser = set_up(porch)

    assert secret == secret_on(page), "reading the page again changes nothing"
    assert len(set(codes)) == 10
    answer = second_step(porch, code_of(secret))
    assert answer.status_int == 303
    assert porch.events(user).count("set_second_factor") == 1
    assert "Two-factor sign-in is on" in {str(one["Subject"]) for one in porch.letters("ann@")}


def test_the_password_alone_opens_nothing(porch: Porch) -> None:
    porch.person("ann")
    set_up(porch)
    browser = porch.browser()
    porch.sign_in("ann", browser=browser)

    assert "hz_session" not in browser.app.cookies
    assert browser.get("/me").status_int == 303


def test_a_code_is_taken_once(porch: Porch) -> None:
    porch.person("ann")
    secret, _codes, _browser = set_up(porch)
    code = code_of(secret)
    assert second_step(porch, code).status_int == 303
    assert "used already" in second_step(porch, code).text


def test_a_recovery_code_opens_once_and_its_owner_is_told(porch: Porch) -> None:
    user = porch.person("ann")
    _secret, codes, _browser = set_up(porch)
    browser = porch.browser()
    assert second_step(porch, codes[3].upper().replace("-", " "), browser=browser).status_int == 303
    assert "9 recovery codes are left" in browser.get("/me").text
    assert second_step(porch, codes[3]).status_int == 422

    assert "use_recovery_code" in porch.events(user)
    assert "A recovery code was used" in {str(one["Subject"]) for one in porch.letters("ann@")}


def test_codes_cannot_be_guessed(porch: Porch) -> None:
    user = porch.person("ann")
    secret, _codes, _browser = set_up(porch)
    assert [second_step(porch, f"00000{n}").status_int for n in range(2)] == [422] * 2
    counted = "SELECT count(*) FROM core_login_attempt WHERE kind = 'code' AND login = :name AND NOT success"
    assert porch.value(counted, name=f"code:{user}") == 2
    assert porch.events(user).count("fail_second_factor") == 2
    porch.change(
        "INSERT INTO core_login_attempt (login, address, at, success, kind) "
        "SELECT :name, '192.0.2.7', now(), false, 'code' FROM generate_series(1, 12)",
        name=f"code:{user}",
    )

    assert second_step(porch, code_of(secret)).status_int == 429


def test_a_trusted_device_needs_no_second_step_until_it_is_forgotten(porch: Porch) -> None:
    porch.person("ann")
    secret, _codes, _browser = set_up(porch)
    browser = porch.browser()
    second_step(porch, code_of(secret), trust=True, browser=browser)
    again = porch.sign_in("ann", browser=browser)
    assert again.location == "http://localhost/"
    page = browser.get("/me")
    assert "No second step until" in page.text
    browser.csrf = page.html.select_one("input[name=csrf_token]")["value"]
    device = page.html.select_one("#devices button[name=id]")["value"]
    porch.change("UPDATE core_device SET trusted_until = now() - interval '1 second' WHERE id = :id", id=int(device))
    assert porch.sign_in("ann", browser=browser).location.endswith("/login/code"), "after thirty days"

    porch.change("UPDATE core_device SET trusted_until = now() + interval '1 day'")
    other = porch.browser()
    other.app.set_cookie("hz_device", "guessed")
    assert porch.sign_in("ann", browser=other).location.endswith("/login/code")


def test_secrets_and_codes_are_of_no_use_to_whoever_reads_the_database(porch: Porch) -> None:
    porch.person("ann")
    secret, codes, _browser = set_up(porch)
    stored = porch.value("SELECT secret FROM core_second_factor")

    assert secret not in stored
    assert Vault.of(porch.site.settings).unseal(stored) == secret
    with pytest.raises(ValueError, match="another key"):
        Vault(b"another").unseal(stored)
    marks = porch.value("SELECT string_agg(code, ' ') FROM core_recovery_code")
    assert not any(one in marks or one.replace("-", "") in marks for one in codes)
    home = porch.site.settings.home / "secrets.json"
    assert home.stat().st_mode & 0o077 == 0


def test_who_must_have_it_is_led_to_set_it_up_before_anything_else(porch: Porch) -> None:
    porch.person("ann")
    porch.change("UPDATE core_company SET second_factor = true")
    browser = porch.browser()
    assert porch.sign_in("ann", browser=browser).location.endswith("/login/enrol")
    assert browser.get("/me").status_int == 303
    page = browser.get("/login/enrol")
    picture = browser.get("/login/enrol/qr.svg")
    assert picture.content_type == "image/svg+xml"
    assert b"style=" not in picture.body
    form = page.forms[0]
    form["code"] = code_of(secret_on(page), steps=0)
    shown = form.submit(status=200)
    assert len(shown.html.select(".hz-codes code")) == 10
    file = shown.forms[0].submit(status=200)
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.text.count("-") >= 10

    page = browser.get("/me")
    assert page.status_int == 200
    browser.csrf = page.html.select_one("input[name=csrf_token]")["value"]
    refused = browser.post("/me/second-factor", {"do": "remove", "password": PASSWORD}, status=422)
    assert "cannot be switched off" in refused.text


def test_a_role_may_require_it(porch: Porch) -> None:
    porch.person("ann")
    porch.person("bob")
    porch.change("UPDATE core_role SET second_factor = true WHERE key = 'of_ann'")

    assert porch.sign_in("ann").location.endswith("/login/enrol")
    assert porch.sign_in("bob").location == "http://localhost/"


def test_it_is_removed_and_codes_renewed_only_with_the_password(porch: Porch) -> None:
    porch.person("ann")
    _secret, codes, browser = set_up(porch)
    browser.csrf = browser.get("/me").html.select_one("input[name=csrf_token]")["value"]
    browser.post("/me/second-factor", {"do": "codes", "password": "wrong wrong"}, status=422)
    shown = browser.post("/me/second-factor", {"do": "codes", "password": PASSWORD}, status=200)
    fresh = [one.get_text() for one in shown.html.select(".hz-codes code")]
    assert not set(fresh) & set(codes)
    assert second_step(porch, codes[0]).status_int == 422
    assert second_step(porch, fresh[0]).status_int == 303
    browser.csrf = browser.get("/me").html.select_one("input[name=csrf_token]")["value"]
    browser.post("/me/second-factor", {"do": "remove", "password": PASSWORD}, status=303)

    assert porch.sign_in("ann").location == "http://localhost/"


def test_an_administrator_resets_it_and_the_person_is_told(porch: Porch) -> None:
    user = porch.person("ann")
    _secret, _codes, browser = set_up(porch)
    admin = porch.site.browser()
    assert "Reset two-factor sign-in" in admin.get(f"/core/user/{user}").text
    admin.post(f"/core/user/{user}/do/reset_second_factor", status=303)

    assert browser.get("/me").status_int == 303
    assert porch.sign_in("ann").location == "http://localhost/"
    assert "reset_second_factor" in porch.events(user)
    assert "Two-factor sign-in is off" in {str(one["Subject"]) for one in porch.letters("ann@")}
    assert "Reset two-factor sign-in" not in admin.get(f"/core/user/{user}").html.select_one(".hz-top").get_text()


def test_a_new_password_by_mail_does_not_open_the_second_step(porch: Porch) -> None:
    porch.person("ann")
    set_up(porch)
    form = porch.browser().get("/forgot").forms[0]
    form["login"] = "ann"
    form.submit(status=200)
    browser = porch.browser()
    form = browser.get(porch.link("ann@")).forms[0]
    form["password"] = form["again"] = "quite another secret"

    assert form.submit(status=303).location.endswith("/login/code")
    assert "hz_session" not in browser.app.cookies


def test_the_step_ends_after_ten_minutes(porch: Porch) -> None:
    porch.person("ann")
    secret, _codes, _browser = set_up(porch)
    browser = porch.browser()
    porch.sign_in("ann", browser=browser)
    form = browser.get("/login/code").forms[0]
    porch.change("UPDATE core_sign_in_link SET expires = now() WHERE kind = 'step'")
    form["code"] = code_of(secret)

    assert form.submit(status=303).location.endswith("/login")
    assert re.search(r"/login$", browser.get("/login/code", status=303).location)
