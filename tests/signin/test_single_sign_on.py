"""Single sign-on: who comes with a good answer of their provider is let in, and nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey
from porch import PASSWORD, Porch
from provider_house import CLIENT, SECRET, House, serving

from hanse.config import ConfigError
from hanse.files import FolderStore
from hanse.signin.providers import Provider, load_providers
from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases


@pytest.fixture
def house() -> Iterator[House]:
    with serving(House()) as found:
        yield found


def open_porch(database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **houses: House) -> Porch:
    for name, house in houses.items():
        monkeypatch.setenv(f"HANSE_OIDC_{name.upper()}_ISSUER", house.issuer)
        monkeypatch.setenv(f"HANSE_OIDC_{name.upper()}_CLIENT_ID", CLIENT)
        monkeypatch.setenv(f"HANSE_OIDC_{name.upper()}_CLIENT_SECRET", SECRET)
    return Porch(Site(database, tmp_path), FolderStore(tmp_path / "files"))


@pytest.fixture
def porch(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, house: House) -> Iterator[Porch]:
    """A door with the provider ``corp``."""
    with databases.copy() as database:
        yield open_porch(database, tmp_path, monkeypatch, corp=house)


def settle(porch: Porch, monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    """Change settings of the provider ``corp``, and start the application again."""
    from hanse.app import make_app

    for key, value in settings.items():
        monkeypatch.setenv(f"HANSE_OIDC_CORP_{key.upper()}", value)
    porch.site.app = make_app(porch.site.settings, porch.site.database)


def out(browser: Browser, name: str = "corp", wanted: str = "") -> str:
    answer = browser.get(f"/login/sso/{name}" + (f"?next={wanted}" if wanted else ""), status=303)
    return str(answer.location)


def back(browser: Browser, given: dict[str, str], name: str = "corp") -> Any:
    query = urlencode({key: value for key, value in given.items() if key != "back"})
    return browser.get(f"/login/sso/{name}/back?{query}", expect_errors=True)


def come(porch: Porch, house: House, *, browser: Browser | None = None, wanted: str = "") -> Any:
    browser = browser or porch.browser()
    return back(browser, house.consent(out(browser, wanted=wanted)))


def link(porch: Porch, user: int, subject: str = "subject-1", provider: str = "corp") -> None:
    porch.change(
        "INSERT INTO core_sign_in_identity (user_id, provider, subject, linked) "
        "VALUES (:user, :provider, :subject, now())",
        user=user,
        provider=provider,
        subject=subject,
    )


def is_inside(browser: Browser) -> bool:
    return bool(browser.get("/me", expect_errors=True).status_int == 200)


# --- as it should be --------------------------------------------------------------------------------------------------


def test_who_is_linked_signs_in_and_goes_where_they_wanted(porch: Porch, house: House) -> None:
    user = porch.person("ann")
    link(porch, user)
    browser = porch.browser()
    page = browser.get("/login?next=/me")
    assert "Sign in with Corp" in page.text
    answer = come(porch, house, browser=browser, wanted="/me")

    assert answer.location == "http://localhost/me"
    assert browser.get("/me").html.select_one("#sso .hz-tag").get_text() == "linked"
    assert porch.events(user) == ["sign_in"]
    asked = house.asked
    assert [path for _method, path in asked] == ["/.well-known/openid-configuration", "/token", "/keys"]


def test_what_is_sent_out_is_new_each_time_and_leads_back_to_the_address_of_the_settings(porch: Porch) -> None:
    browser = porch.browser()
    first, second = (parse_qs(urlsplit(out(browser)).query) for _time in range(2))

    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
    assert first["redirect_uri"] == ["http://127.0.0.1:8080/login/sso/corp/back"]
    assert first["scope"] == ["openid profile email"]


def test_somebody_links_their_account_after_showing_their_password(porch: Porch, house: House) -> None:
    user = porch.person("ann")
    browser = porch.inside("ann")
    browser.post("/me/sso/corp", {"password": "wrong wrong"}, status=422)
    page = browser.post("/me/sso/corp", {"password": PASSWORD}, status=200)
    address = page.html.select_one(".hz-empty__actions a")["href"]
    assert back(browser, house.consent(address)).location == "http://localhost/me"
    assert is_inside(browser)
    assert come(porch, house).location == "http://localhost/"
    assert "link_sign_in" in porch.events(user)
    assert "Single sign-on is linked" in {str(one["Subject"]) for one in porch.letters("ann@")}

    page = browser.get("/me")
    browser.csrf = page.html.select_one("input[name=csrf_token]")["value"]
    browser.post("/me/unlink", {"id": page.html.select_one("#sso button[name=id]")["value"]}, status=303)
    assert come(porch, house).status_int == 422


def test_an_account_is_not_linked_for_somebody_else_who_sits_there_by_then(porch: Porch, house: House) -> None:
    porch.person("ann")
    porch.person("bob")
    browser = porch.inside("ann")
    page = browser.post("/me/sso/corp", {"password": PASSWORD}, status=200)
    given = house.consent(page.html.select_one(".hz-empty__actions a")["href"])
    assert porch.sign_in("bob", browser=browser).status_int == 303

    assert "somebody else" in back(browser, given).text
    assert porch.value("SELECT count(*) FROM core_sign_in_identity") == 0


def test_a_verified_address_links_only_where_the_settings_say_so(
    porch: Porch, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = porch.person("ann")
    assert "No account here is linked" in come(porch, house).text
    settle(porch, monkeypatch, link_by_email="yes")
    house.claims = {"email_verified": False}
    assert "No account here is linked" in come(porch, house).text
    house.claims = {"email_verified": "true"}
    assert "No account here is linked" in come(porch, house).text
    house.claims = {}
    assert come(porch, house).location == "http://localhost/"
    assert porch.value("SELECT user_id FROM core_sign_in_identity") == user

    house.claims = {"email": "other@example.com"}
    assert come(porch, house).location == "http://localhost/", "the subject counts from then on"
    house.claims = {"sub": "subject-2"}
    assert "linked with another one" in come(porch, house).text


def test_an_address_that_two_people_have_links_nobody(
    porch: Porch, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    porch.person("ann", email="ann@example.com")
    porch.person("bob", email="ANN@example.com")
    settle(porch, monkeypatch, link_by_email="yes")

    assert come(porch, house).status_int == 422


def test_people_are_added_with_the_role_of_the_settings(
    porch: Porch, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(porch, monkeypatch, create_users="yes", role="reader")
    browser = porch.browser()
    assert come(porch, house, browser=browser).location == "http://localhost/"
    assert is_inside(browser)
    held = (
        "SELECT r.key FROM core_user_role x JOIN core_role r ON r.id = x.role_id JOIN core_user u ON u.id = x.user_id "
        "WHERE u.login = 'ann.elsewhere'"
    )
    assert porch.value(held) == "reader"

    porch.person("taken")
    house.claims = {"sub": "subject-2", "preferred_username": "Taken", "email": None}
    assert "There is an account called Taken here already" in come(porch, house).text


def test_the_second_step_is_asked_for_where_the_settings_say_so(
    porch: Porch, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = porch.person("ann")
    link(porch, user)
    porch.change("UPDATE core_company SET second_factor = true")
    assert come(porch, house).location == "http://localhost/"
    settle(porch, monkeypatch, second_factor="yes")

    assert come(porch, house).location.endswith("/login/enrol")


def test_signing_out_offers_the_way_out_of_the_provider(porch: Porch, house: House) -> None:
    link(porch, porch.person("ann"))
    browser = porch.browser()
    come(porch, house, browser=browser)
    browser.csrf = browser.get("/me").html.select_one("input[name=csrf_token]")["value"]
    page = browser.post("/logout", status=303).follow()
    way = page.html.select_one(".hz-notice a")["href"]

    assert way.startswith(f"{house.issuer}/bye?client_id=hanse&post_logout_redirect_uri=")
    assert "evil" not in browser.get("/login?left=evil").text


def test_passwords_may_be_for_one_administrator_only(porch: Porch, house: House) -> None:
    from hanse.app import make_app

    porch.person("ann")
    porch.person("root")
    settings = replace(porch.site.settings, password_only_for=("root",))
    porch.site.app = make_app(settings, porch.site.database)

    assert "sign in with your provider" in porch.sign_in("ann").text
    assert porch.sign_in("root").status_int == 303
    assert "/forgot" not in porch.browser().get("/login").text


# --- as it should not be ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "what"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "somebody else"}, "audience"),
        ({"aud": ["hanse", "somebody else"]}, "audience"),
        ({"azp": "somebody else"}, "party"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"exp": time.time() - 120}, "expiry"),
        ({"exp": None}, "expiry"),
        ({"exp": "tomorrow"}, "expiry"),
        ({"iat": time.time() + 3600}, "issue"),
        ({"sub": ""}, "subject"),
        ({"sub": None}, "subject"),
        ({"sub": 1}, "subject"),
    ],
)
def test_a_token_that_says_something_else_is_refused(
    porch: Porch, house: House, claims: dict[str, Any], what: str
) -> None:
    link(porch, porch.person("ann"))
    house.claims = claims
    browser = porch.browser()
    answer = come(porch, house, browser=browser)

    assert answer.status_int == 422
    assert f"cannot be trusted ({what}" in answer.text
    assert not is_inside(browser)


def test_a_token_that_nobody_or_somebody_else_signed_is_refused(porch: Porch, house: House) -> None:
    link(porch, porch.person("ann"))
    house.algorithm = "none"
    assert "cannot be trusted (signature" in come(porch, house).text
    house.algorithm, house.key = "RS256", RSAKey.generate_key(2048, {"kid": "one"})
    assert "cannot be trusted (signature" in come(porch, house).text
    house.algorithm = "HS256"  # by our own secret, which the provider is not the only one to know
    house.key = OctKey.import_key(SECRET)  # type: ignore[assignment]
    assert "cannot be trusted (signature" in come(porch, house).text


def test_a_new_key_of_the_provider_is_fetched(porch: Porch, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    link(porch, porch.person("ann"))
    assert come(porch, house).status_int == 303
    house.published = RSAKey.generate_key(2048, {"kid": "two"})
    monkeypatch.setattr("hanse.signin.oidc._KEYS_AGAIN_SECONDS", -1)

    assert come(porch, house).status_int == 303


def test_an_answer_with_another_state_is_refused_and_its_code_not_used(porch: Porch, house: House) -> None:
    link(porch, porch.person("ann"))
    browser = porch.browser()
    given = house.consent(out(browser))
    assert "another attempt" in back(browser, given | {"state": "guessed"}).text
    assert "another attempt" in back(begun(porch), given).text
    assert ("POST", "/token") not in house.asked


def begun(porch: Porch) -> Browser:
    """Give a browser that has begun an attempt of its own."""
    browser = porch.browser()
    out(browser)
    return browser


def test_an_answer_in_a_browser_that_began_nothing_is_refused(porch: Porch, house: House) -> None:
    """Whoever leads a victim to an answer of their own would have them work in the attacker's account."""
    link(porch, porch.person("ann"))
    given = house.consent(out(porch.browser()))
    victim = porch.browser()

    assert "begun in another browser" in back(victim, given).text
    assert not is_inside(victim)


def test_an_answer_is_good_once(porch: Porch, house: House) -> None:
    link(porch, porch.person("ann"))
    browser = porch.browser()
    given = house.consent(out(browser))
    carried = browser.app.cookies["hz_sso"]
    assert back(browser, given).status_int == 303
    again = porch.browser()
    again.app.set_cookie("hz_sso", carried)

    assert back(again, given).status_int == 422
    assert not is_inside(again)


def test_a_provider_that_does_not_sign_in_is_told_in_words(porch: Porch, house: House) -> None:
    browser = porch.browser()
    given = house.consent(out(browser))
    page = back(browser, {"state": given["state"], "error": "access_denied<b>"})

    assert "Corp did not sign you in: access_denied" in page.html.get_text()
    assert "<b>" not in page.text


def test_an_answer_of_one_provider_is_no_answer_of_another(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    """The mix-up attack: a provider that is hostile, or broken into, brings an answer meant for another."""
    with serving(House()) as evil, databases.copy() as database:
        porch = open_porch(database, tmp_path, monkeypatch, corp=house, evil=evil)
        link(porch, porch.person("ann"))
        browser = porch.browser()
        given = house.consent(out(browser, "evil").replace(evil.issuer, house.issuer))
        assert "another attempt" in back(browser, given, "corp").text
        assert not is_inside(browser)

        browser = porch.browser()
        given = house.consent(out(browser, "corp"))
        assert "another provider" in back(browser, given | {"iss": evil.issuer}).text
        assert ("POST", "/token") not in [*house.asked, *evil.asked]

        house.discovery = {"authorization_response_iss_parameter_supported": True}
        settle(porch, monkeypatch)
        browser = porch.browser()
        given = house.consent(out(browser))
        assert "another provider" in back(browser, given).text
        browser = porch.browser()
        given = house.consent(out(browser))
        assert back(browser, given | {"iss": house.issuer}).status_int == 303

        link(porch, porch.person("bob"), provider="evil")
        evil.claims = {"iss": house.issuer}
        browser = porch.browser()
        assert back(browser, evil.consent(out(browser, "evil")), "evil").status_int == 422


def test_the_same_subject_of_two_providers_is_two_people(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    with serving(House()) as other, databases.copy() as database:
        porch = open_porch(database, tmp_path, monkeypatch, corp=house, other=other)
        link(porch, porch.person("ann"))
        browser = porch.browser()

        assert back(browser, other.consent(out(browser, "other")), "other").status_int == 422


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "https://evil.example/token"},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"jwks_uri": "https://evil.example/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://evil.example/authorize"},
    ],
)
def test_nobody_but_the_issuer_is_asked(porch: Porch, house: House, discovery: dict[str, str]) -> None:
    link(porch, porch.person("ann"))
    house.discovery = discovery
    browser = porch.browser()
    answer = browser.get("/login/sso/corp", expect_errors=True)
    if answer.status_int == 303:
        answer = back(browser, house.consent(answer.location))

    assert answer.status_int == 422
    assert "cannot be trusted" in answer.text


def test_a_redirect_of_the_provider_is_not_followed(porch: Porch, house: House) -> None:
    house.redirect_to = "http://127.0.0.1:9/elsewhere"

    assert "refused (302)" in porch.browser().get("/login/sso/corp", status=422).text


def test_a_provider_that_is_away_leaves_the_password(porch: Porch, monkeypatch: pytest.MonkeyPatch) -> None:
    porch.person("ann")
    settle(porch, monkeypatch, issuer="http://127.0.0.1:9")

    assert "does not answer" in porch.browser().get("/login/sso/corp", status=422).text
    assert porch.sign_in("ann").status_int == 303


def test_who_is_blocked_here_is_not_let_in(porch: Porch, house: House) -> None:
    link(porch, porch.person("ann"))
    porch.change("UPDATE core_user SET active = false WHERE login = 'ann'")

    assert "blocked" in come(porch, house).text


# --- settings ---------------------------------------------------------------------------------------------------------


def test_providers_stand_in_sections_of_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "config.ini"
    path.write_text(
        "[hanse]\n[oidc.corp]\nissuer = https://id.example.com\nclient_id = hanse\nlabel = Example Corp\n"
        "link_by_email = yes\n[oidc.other]\nissuer = https://other.example\nclient_id = x\n"
    )
    found = load_providers(path, {"HANSE_OIDC_CORP_CLIENT_SECRET": "s%cret"})

    assert list(found) == ["corp", "other"]
    assert found["corp"].title == "Example Corp"
    assert found["corp"].link_by_email
    assert not found["corp"].create_users
    assert found["corp"].client_secret == "s%cret"
    assert "s%cret" not in repr(found["corp"])


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("issuer = http://id.example.com\nclient_id = x", "https"),
        ("issuer = https://id.example.com", "client_id is missing"),
        ("client_id = x", "issuer is missing"),
        ("issuer = https://id.example.com\nclient_id = x\nlink_by_mail = yes", "link_by_mail is not a setting"),
        ("issuer = https://id.example.com\nclient_id = x\nlink_by_email = maybe", "yes or no"),
        ("issuer = https://id.example.com\nclient_id = x\nscopes = email", "openid"),
        ("issuer = https://user:pw@id.example.com\nclient_id = x", "https"),
    ],
)
def test_a_provider_that_cannot_be_used_is_named_at_the_start(tmp_path: Path, lines: str, why: str) -> None:
    path = tmp_path / "config.ini"
    path.write_text(f"[hanse]\n[oidc.corp]\n{lines}\n")
    with pytest.raises(ConfigError, match=why):
        load_providers(path, {})


def test_addresses_on_other_machines_are_asked_only_where_they_are_named() -> None:
    provider = Provider(name="g", issuer="https://accounts.example", client_id="x", hosts="oauth2.example")

    assert provider.allows("https://oauth2.example/token")
    assert not provider.allows("https://oauth2.example.evil/token")
    assert not provider.allows("http://oauth2.example/token")
    assert not provider.allows("https://x@accounts.example/token")
