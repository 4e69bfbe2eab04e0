"""Inviting people: they choose their own password, once, and stand in the product with what they were given."""

from __future__ import annotations

import pytest
from porch import PASSWORD, Porch

from hanse import BusinessError
from hanse.directory.models import Role
from hanse.testing.people import department
from hanse.web.views.invite import read_people


def role(porch: Porch, key: str = "reader") -> str:
    with porch.site.transaction() as ctx:
        return str(ctx.all(Role, Role.key == key).ids[0])


def invite(porch: Porch, people: str, *, status: int = 303, **more: str):
    admin = porch.site.browser()
    page = admin.get("/core/invite").forms["record-form"]
    fields = {"people": people, "role": role(porch), "locale": "en"} | more
    return admin, admin.post("/core/invite", [(k, v) for k, v in fields.items() if v], status=status), page


def accept(porch: Porch, link: str, password: str = PASSWORD, *, status: int = 303):
    browser = porch.browser()
    form = browser.get(link).forms[0]
    form["password"], form["again"] = password, password
    return browser, form.submit(status=status)


def standing(porch: Porch, name: str) -> str:
    page = porch.site.browser().get("/core/user").html
    row = next(row for row in page.select("tr.hz-row") if name in row.get_text())
    return str(row.get_text(" ", strip=True))


def test_who_is_invited_chooses_a_password_and_stands_in_the_product(porch: Porch) -> None:
    with porch.site.transaction() as ctx:
        desk = department(ctx, "Desk")
    invite(porch, "Ann Example <ann@example.com>", department=str(desk))
    assert "Invited" in standing(porch, "Ann Example")
    assert porch.sign_in("ann@example.com", "").status_int == 422
    link = porch.link("ann@")
    browser, _answer = accept(porch, link)

    assert browser.get("/").status_int == 200
    assert porch.sign_in("ann@example.com").status_int == 303
    assert "Active" in standing(porch, "Ann Example")
    assert porch.browser().get(link, status=410)
    member = (
        "SELECT department_id FROM core_membership m JOIN core_user u ON u.id = m.user_id WHERE u.name = 'Ann Example'"
    )
    assert porch.value(member) == desk
    events = porch.events(porch.id_of("ann@example.com"))
    assert [one for one in events if "invit" in one] == ["invite", "accept_invitation"]


def test_many_are_invited_at_once_or_nobody(porch: Porch) -> None:
    invite(porch, "Ann <ann@example.com>\nbob@example.com\n\nCleo Li, cleo@example.com")
    assert sorted(str(one["To"]) for one in porch.letters()) == [
        "Ann <ann@example.com>",
        "Cleo Li <cleo@example.com>",
        "bob <bob@example.com>",
    ]
    _admin, page, _form = invite(porch, "Dan <dan@example.com>\nAnn again <ANN@example.com>", status=422)

    assert "Line 2: Ann has this e-mail address already." in page.html.get_text()
    assert "Dan &lt;dan@example.com&gt;" in page.text  # nothing typed is lost
    assert porch.letters("dan@") == []


@pytest.mark.parametrize(
    ("line", "name", "email"),
    [
        ("Ann Example <ann@example.com>", "Ann Example", "ann@example.com"),
        ("王小明 <wang@example.cn>", "王小明", "wang@example.cn"),
        ("Ann,ann@example.com", "Ann", "ann@example.com"),
        ("Ann Example\tann@example.com", "Ann Example", "ann@example.com"),
        ("  ann@example.com ", "ann", "ann@example.com"),
        ('"Example, Ann" <ann@example.com>', None, None),
        ("ann", None, None),
    ],
)
def test_a_line_names_a_person_and_an_address(line: str, name: str | None, email: str | None) -> None:
    if name is None:
        with pytest.raises(BusinessError, match="Line 1"):
            read_people(line)
        return
    (found,) = read_people(line)
    assert (found.name, found.email) == (name, email)


def test_the_same_address_twice_and_nobody_at_all_are_refused() -> None:
    with pytest.raises(BusinessError, match="twice"):
        read_people("a@b.example\nA@b.example")
    with pytest.raises(BusinessError, match="between 1"):
        read_people("\n \n")


def test_a_role_must_be_chosen(porch: Porch) -> None:
    _admin, page, _form = invite(porch, "ann@example.com", status=422, role="")

    assert "Choose at least one role" in page.html.get_text()


def test_an_invitation_is_sent_again_and_withdrawn(porch: Porch) -> None:
    admin, _answer, _form = invite(porch, "Ann <ann@example.com>")
    first, user = porch.link("ann@"), porch.id_of("ann@example.com")
    admin.post(f"/core/user/{user}/do/send_invitation", status=303)
    second = porch.link("ann@")
    assert porch.browser().get(first, status=410)
    assert porch.browser().get(second, status=200)
    admin.post(f"/core/user/{user}/do/withdraw_invitation", status=303)

    assert porch.browser().get(second, status=410)
    assert "Cannot sign in yet" in standing(porch, "Ann")
    admin.post(f"/core/user/{user}/do/deactivate", status=303)
    assert "Blocked" in standing(porch, "Ann")


def test_an_invitation_ends_after_seven_days(porch: Porch) -> None:
    invite(porch, "Ann <ann@example.com>")
    link = porch.link("ann@")
    porch.change("UPDATE core_sign_in_link SET expires = expires - interval '7 days 1 minute'")

    assert porch.browser().get(link, status=410)
    assert "Invitation expired" in standing(porch, "Ann")


def test_a_link_for_a_password_and_an_invitation_are_not_the_same_door(porch: Porch) -> None:
    invite(porch, "Ann <ann@example.com>")
    link = porch.link("ann@")

    assert porch.browser().get(link.replace("/welcome", "/password"), status=410)


def test_saving_a_user_leaves_the_invitation_unless_the_address_changes(porch: Porch) -> None:
    admin, _answer, _form = invite(porch, "Ann <ann@example.com>")
    link, user = porch.link("ann@"), porch.id_of("ann@example.com")
    form = admin.get(f"/core/user/{user}").forms["record-form"]
    form["name"] = "Ann Example"
    form.submit("action", value="save", status=303)
    assert porch.browser().get(link, status=200)
    form = admin.get(f"/core/user/{user}").forms["record-form"]
    form["email"] = "other@example.com"
    form.submit("action", value="save", status=303)

    assert porch.browser().get(link, status=410)


def test_only_who_may_add_users_invites(porch: Porch) -> None:
    porch.person("bob", "core.user.read", "core.user.update")
    porch.inside("bob").get("/core/invite", status=404)
