"""What may be relied on when a partner looks as if it were there already."""

from __future__ import annotations

import pytest

from hanse.addons import installed
from hanse.testing import statements
from hanse_contacts import actions
from hanse_contacts.duplicates import PossibleDuplicates, Reason, find_duplicates, find_duplicates_of_many
from hanse_contacts.models import Partner


def found(ctx, **values):
    return [(one.name, one.reason) for one in find_duplicates(ctx, values)]


@pytest.fixture
def hanse(create):
    return create(
        name="Hanse Trading Co., Ltd.",
        tax_id="91110000600037341L",
        phone="010-62781234",
        email="info@hanse.example.com",
    )


def test_nothing_is_like_nothing(ctx, hanse):
    assert found(ctx, name="Quite another") == []
    assert found(ctx) == []


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"tax_id": "9111 0000 6000 3734 1l"}, Reason.TAX_ID),
        ({"email": "INFO@Hanse.example.com"}, Reason.EMAIL),
        ({"phone": "+86 10 6278 1234"}, Reason.PHONE),
        ({"mobile": "(010) 6278 1234"}, Reason.PHONE),
        ({"name": "HANSE trading"}, Reason.NAME),
        ({"name": "Hanse Tradings"}, Reason.LIKE),
        ({"name": "Hanze Trading Company"}, Reason.LIKE),
    ],
)
def test_the_reason_is_told(ctx, hanse, values, reason):
    assert found(ctx, **values) == [(hanse.name, reason)]


@pytest.mark.parametrize(
    ("there", "new", "alike"),
    [
        ("华为技术有限公司", "华为技术", Reason.NAME),
        ("北京远洋国际贸易有限公司", "北京远洋国标贸易有限公司", Reason.LIKE),
        ("北京远洋国际贸易有限公司", "上海中信证券有限公司", None),
    ],
)
def test_chinese_names_are_compared_too(ctx, create, there, new, alike):
    create(name=there)
    assert found(ctx, name=new) == ([(there, alike)] if alike else [])


def test_numbers_in_names_tell_them_apart(ctx, create):
    create(name="Corner Shop Number 11")
    assert found(ctx, name="Corner Shop Number 12") == []
    assert found(ctx, name="Corner Shops Number 11") == [("Corner Shop Number 11", Reason.LIKE)]


def test_the_surest_comes_first(ctx, create, hanse):
    other = create(name="Hanse Tradings")
    assert found(ctx, name="Hanse Tradings", tax_id=hanse.tax_id) == [
        (hanse.name, Reason.TAX_ID),
        (other.name, Reason.NAME),
    ]


def test_a_partner_is_not_its_own_duplicate(ctx, hanse):
    assert find_duplicates(ctx, {"name": hanse.name, "tax_id": hanse.tax_id}, besides=[hanse.id]) == []


def test_people_share_the_telephone_of_their_company(ctx, create, hanse):
    values = {"name": "Li Lei", "kind": "person", "parent": hanse.id, "phone": hanse.phone}
    assert find_duplicates(ctx, values) == []
    create(**values)
    assert find_duplicates(ctx, {**values, "name": "Han Meimei"}) == []
    assert find_duplicates(ctx, {"phone": hanse.phone}, besides=[hanse.id]) == []
    assert [one.reason for one in find_duplicates(ctx, values)] == [Reason.NAME]


def test_nobody_is_told_of_partners_they_may_not_see(hanse, as_user):
    stranger = as_user("contacts.partner.create")
    assert found(stranger, name=hanse.name) == []


def test_unconfirmed_duplicates_are_refused_when_asked_for(ctx, hanse):
    values = [{"name": "Hanse Trading"}]
    with pytest.raises(PossibleDuplicates, match="same name") as caught:
        ctx.run(actions.create, values=values, confirm_duplicates=False)
    assert [one.partner for one in caught.value.duplicates] == [hanse.id]
    assert ctx.run(actions.create, values=values, confirm_duplicates=True).done
    assert ctx.run(actions.create, values=values).done


def test_a_change_towards_another_partner_is_refused_when_asked_for(ctx, create, hanse):
    partner = create(name="Someone else")
    with pytest.raises(PossibleDuplicates):
        ctx.run(actions.update, [partner], values={"email": hanse.email}, confirm_duplicates=False)
    create(name=hanse.name)
    ctx.run(actions.update, [hanse], values={"name": hanse.name, "note": "Known twins"}, confirm_duplicates=False)


def test_forms_are_told_before_they_save(ctx, hanse):
    records = ctx.visible(Partner, Partner.id == -1)
    (cautions,) = installed().call(
        "warn",
        ctx.enabled,
        ctx=ctx,
        action=actions.create,
        records=records,
        params={"values": [{"name": "Hanse Trading"}]},
    )
    (caution,) = cautions
    assert str(caution.message) == f"Hanse Trading Co., Ltd. ({hanse.code}) is there already: same name."
    assert (caution.field, caution.record) == ("name", ("contacts.partner", hanse.id))


def test_many_rows_are_compared_in_one_statement(ctx, hanse):
    rows = [{"name": f"Firm {n}", "email": f"f{n}@example.com"} for n in range(500)]
    rows[400]["email"] = hanse.email
    with statements(ctx) as sent:
        duplicates = find_duplicates_of_many(ctx, rows)
    assert len(sent) == 1
    assert [index for index, one in enumerate(duplicates) if one] == [400]
