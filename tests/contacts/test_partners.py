"""What everybody may rely on about a partner that has been saved."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hanse import BusinessError, Forbidden, NotFound
from hanse.actions import find_action, open_context
from hanse.actions.write import execute
from hanse.audit.models import AuditEntry
from hanse.directory.founding import found_company
from hanse.directory.models import Currency
from hanse.i18n import speaking
from hanse.testing import statements
from hanse_contacts import actions
from hanse_contacts.models import Partner, PartnerKind, Tag


def test_codes_follow_the_record_and_never_clash_between_companies(ctx, create):
    first = create(name="Ours")
    other = found_company(ctx.session, ctx.user, {"name": "Sister", "currency": "EUR"})
    outcome = other.run(actions.create, values=[{"name": "Theirs"}])
    second = other.all(Partner, Partner.id == outcome.id).one()

    assert first.code == f"C{first.id:05}"
    assert second.code == f"C{second.id:05}"
    assert first.code != second.code


def test_a_partner_is_seen_by_all_companies_of_the_database(ctx, create):
    partner = create(name="Shared")
    other = found_company(ctx.session, ctx.user, {"name": "Sister", "currency": "EUR"})
    there = open_context(ctx.session, ctx.user, other.company.id, via="test")
    assert there.visible(Partner, Partner.id == partner.id).one().name == "Shared"


def test_a_typed_code_is_kept(create):
    assert create(code="K-001").code == "K-001"


def test_a_code_that_is_still_to_be_given_is_refused(create):
    with pytest.raises(BusinessError, match="given automatically") as caught:
        create(code="C99999")
    assert caught.value.field == "code"


def test_codes_of_an_export_come_in_again(ctx, create):
    last = create().id
    values = [{"code": f"C{last + 1:05}", "name": "One"}, {"code": f"C{last + 2:05}", "name": "Two"}]
    outcome = ctx.run(actions.create, values=values)
    assert ctx.all(Partner, Partner.id.in_(outcome.done))[Partner.code] == [value["code"] for value in values]
    assert create().code not in {value["code"] for value in values}


def test_a_code_belongs_to_one_partner(create):
    create(code="K-001")
    with pytest.raises(BusinessError, match="partner with this code already"):
        create(code="K-001")


def test_telephone_and_mail_are_stored_in_one_form(create, address):
    partner = create(
        phone="(010) 6278 1234", mobile="138 0013 8000", email=" Maria@Example.COM ", addresses=[address("CN")]
    )
    assert (partner.phone, partner.mobile) == ("+861062781234", "+8613800138000")
    assert partner.email == "maria@example.com"


def test_the_country_of_the_default_address_decides(create, address):
    partner = create(phone="030 901820", addresses=[address("CN"), address("DE", is_default=True)])
    assert partner.phone == "+4930901820"


def test_without_an_address_the_country_of_the_company_decides(create):
    assert create(phone="13800138000").phone == "+8613800138000"


def test_the_address_on_file_decides_when_only_the_telephone_changes(create, update, address):
    partner = create(addresses=[address("DE")])
    assert update(partner, phone="030 901820").phone == "+4930901820"


def test_an_old_number_does_not_stand_against_correcting_something_else(ctx, create, update, address):
    partner = create(phone="62781234 (old)", addresses=[])
    assert partner.phone == "62781234 (old)"
    changed = update(partner, phone="62781234 (old)", note="Moved", addresses=[address("CN")])
    assert (changed.note, changed.phone) == ("Moved", "62781234 (old)")
    with pytest.raises(BusinessError, match="no Chinese telephone number"):
        update(partner, phone="62781235 (new)")


def test_a_wrong_number_is_told_with_its_field(create, address):
    with pytest.raises(BusinessError, match="no Chinese telephone number") as caught:
        create(phone="12", addresses=[address("CN")])
    assert caught.value.field == "phone"


def test_all_that_is_wrong_is_told_at_once(ctx):
    values = [
        {"name": "One", "email": "nobody"},
        {
            "name": "Two",
            "website": "javascript:alert(1)",
            "bank_accounts": [{"account_number": "DE00370400440532013000"}],
        },
    ]
    with pytest.raises(BusinessError) as caught:
        ctx.run(actions.create, values=values)
    assert {error.field for error in caught.value.each()} == {
        "0.email",
        "1.website",
        "1.bank_accounts.0.account_number",
    }
    assert not ctx.all(Partner, Partner.name.in_(["One", "Two"]))


def test_the_first_address_is_the_default_one(create, address):
    partner = create(addresses=[address("CN", city="Beijing"), address("CN", city="Tianjin")])
    assert [line.is_default for line in partner.addresses] == [True, False]
    found = partner.default_address()
    assert found is not None
    assert found.city == "Beijing"


def test_two_default_addresses_are_refused(create, address):
    with pytest.raises(BusinessError, match="Only one address") as caught:
        create(addresses=[address("CN", is_default=True), address("CN", is_default=True)])
    assert caught.value.field == "addresses.1.is_default"


def test_addresses_become_what_the_form_says(create, update, address):
    partner = create(addresses=[address("CN", city="Beijing"), address("CN", city="Tianjin")])
    second = partner.addresses[1].id
    changed = update(partner, addresses=[{"id": second, "city": "Tanggu", "is_default": True}, {"city": "Wuhan"}])
    assert [(line.city, line.is_default) for line in changed.addresses] == [("Tanggu", True), ("Wuhan", False)]


def test_bank_accounts_are_tidied(ctx, create):
    euro = ctx.all(Currency, Currency.code == "EUR").one()
    partner = create(
        bank_accounts=[
            {
                "bank": "Commerzbank",
                "account_number": "de89 3704 0044 0532 0130 00",
                "bic": "cobadeff",
                "currency": euro.id,
            },
            {"bank": "ICBC", "account_number": "6222 0212 3456 7890 123"},
        ]
    )
    assert [line.account_number for line in partner.bank_accounts] == ["DE89370400440532013000", "6222021234567890123"]
    assert partner.bank_accounts[0].bic == "COBADEFF"


def test_bank_accounts_need_a_permission_of_their_own(as_user, create):
    partner = create()
    clerk = as_user("contacts.partner.read", "contacts.partner.update")
    clerk.run(actions.update, [partner], values={"note": "Allowed"})
    with pytest.raises(Forbidden):
        clerk.run(actions.update, [partner], values={"bank_accounts": [{"account_number": "1"}]})


def test_people_work_for_companies(create):
    company = create(name="Alfreds Futterkiste")
    person = create(name="Maria Anders", kind="person", parent=company.id)
    assert [one.name for one in company.people] == ["Maria Anders"]

    with pytest.raises(BusinessError, match="choose a company") as caught:
        create(name="Nobody", kind="person", parent=person.id)
    assert caught.value.field == "parent"
    with pytest.raises(BusinessError, match="Only people work for a company"):
        create(name="Branch", parent=company.id)


def test_a_company_with_people_stays_a_company(create, update):
    company = create()
    create(name="Maria Anders", kind=PartnerKind.PERSON, parent=company)
    with pytest.raises(BusinessError, match="cannot become a person") as caught:
        update(company, kind="person")
    assert caught.value.field == "kind"


def test_nobody_works_for_themselves(create, update):
    person = create(kind="person")
    with pytest.raises(BusinessError, match="for themselves"):
        update(person, parent=person.id)


def test_the_database_itself_keeps_companies_from_working_for_somebody(ctx, create):
    one, other = create(), create()
    with pytest.raises(BusinessError, match="Only a person works"):
        execute(
            ctx.session,
            "UPDATE contacts_partner SET parent_id = %(other)s WHERE id = %(one)s",
            {"one": one.id, "other": other.id},
        )


def test_tags_group_partners(ctx, create):
    tag = ctx.run(find_action("contacts.tag.create"), values=[{"name": "Key account"}]).id
    partner = create(tags=[{"tag": tag}])
    assert [line.tag.name for line in partner.tags] == ["Key account"]
    assert ctx.all(Tag)[Tag.name] == ["Key account"]
    with pytest.raises(BusinessError, match="has this tag already"):
        create(tags=[{"tag": tag}, {"tag": tag}])


def test_an_archived_partner_can_be_brought_back(ctx, create):
    partner = create()
    ctx.run(find_action("contacts.partner.archive"), [partner])
    assert not ctx.visible(Partner, Partner.id == partner.id).one().active
    ctx.run(find_action("contacts.partner.restore"), [partner])
    assert ctx.visible(Partner, Partner.id == partner.id).one().active


def test_a_company_with_people_is_not_deleted(ctx, create):
    company = create()
    create(name="Maria Anders", kind="person", parent=company)
    with pytest.raises(BusinessError):
        ctx.run(find_action("contacts.partner.delete"), [company])


def test_a_partner_goes_with_its_lines(ctx, create, address):
    partner = create(addresses=[address("CN")], bank_accounts=[{"account_number": "1"}])
    ctx.run(find_action("contacts.partner.delete"), [partner])
    assert not ctx.all(Partner, Partner.id == partner.id)
    with pytest.raises(NotFound):
        ctx.run(find_action("contacts.partner.archive"), [partner.id])


def test_a_letter_names_the_country_abroad_only_and_begins_large_in_chinese(create, address):
    here = address("CN", street="世纪大道100号", city="上海", province="上海", postal_code="200120")
    (one,) = create(addresses=[here]).addresses
    there = address("DE", street="Obere Str. 57", city="Berlin", postal_code="12209")
    (other,) = create(addresses=[there]).addresses
    assert one.on_letter(one.country_id) == ["200120", "上海世纪大道100号"]
    assert one.on_letter(None) == ["China", "200120", "上海世纪大道100号"]
    assert other.on_letter(one.country_id) == ["Obere Str. 57", "12209 Berlin", "Germany"]
    with speaking("zh_CN"):
        assert one.on_letter(None)[0] == "中国"
        assert other.on_letter(one.country_id) == ["Obere Str. 57", "12209 Berlin", "德国"]


def test_the_audit_names_what_was_stored(ctx, create):
    partner = create(phone="13800138000")
    entry = ctx.session.scalars(select(AuditEntry).where(AuditEntry.record == partner.id)).one()
    assert entry.action == "contacts.partner.create"
    assert entry.changes["phone"] == [None, "+8613800138000"]
    assert entry.changes["code"] == [None, partner.code]


@pytest.mark.parametrize("count", [1, 10, 1000])
def test_the_number_of_statements_does_not_grow_with_the_partners(ctx, address, count):
    here = address("CN", street="Changan Jie 1", city="Beijing", postal_code="100000")
    values = [
        {"name": f"Firm {n} Ltd", "email": f"f{n}@x{n}.com", "phone": f"138{n:08}", "addresses": [here]}
        for n in range(count)
    ]
    with statements(ctx) as sent:
        outcome = ctx.run(actions.create, values=values)
    assert len(outcome.done) == count
    assert len(sent) <= 12
