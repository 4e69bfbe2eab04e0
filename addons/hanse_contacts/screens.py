"""What people see of partners: list, form, filters, tabs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from hanse import Context, _, link_id
from hanse.models import Kind, Model
from hanse.screens import Computed, Lines, Offers, Row, Screen, Tab, menu_section
from hanse.screens.formats import write_widget
from hanse_contacts.checks import shown_phone
from hanse_contacts.models import Address, BankAccount, ContactsSettings, Partner, PartnerKind, PartnerTag, Tag

write_widget("tel", shown_phone)
menu_section("contacts", _("Contacts"), order=10, icon="users")


def _city(_model: type[Model]) -> Any:
    """Give the city of the default address, else of the first."""
    return (
        select(Address.city)
        .where(link_id(Address.partner) == Partner.id)
        .order_by(Address.is_default.desc(), Address.id)
        .limit(1)
        .correlate(Partner)
        .scalar_subquery()
    )


def _narrowed(_ctx: Context, _words: str, values: dict[str, str]) -> ColumnElement[bool] | None:
    """Offer only companies where somebody's employer is chosen."""
    return Partner.kind == PartnerKind.COMPANY if values.get("for") == "contacts.partner.parent" else None


def _described(ctx: Context, ids: Sequence[int], _values: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """Tell partners of one name apart: by code, employer and city."""
    employer = aliased(Partner)
    query = (
        select(Partner.id, Partner.code, employer.name, _city(Partner))
        .outerjoin(employer, employer.id == link_id(Partner.parent))
        .where(Partner.id.in_(ids))
    )
    return {record: {"hint": " · ".join(filter(None, parts))} for record, *parts in ctx.session.execute(query)}


def _usual(ctx: Context) -> dict[str, Any]:
    return {"language": ctx.settings(ContactsSettings).language}


PARTNERS = Screen(
    Partner,
    title=_("Partners"),
    singular=_("Partner"),
    menu="contacts",
    icon="users",
    order=10,
    shortcut="c",
    defaults=_usual,
    list=[
        Partner.picture,
        Partner.name,
        Partner.code,
        Partner.kind,
        Computed("city", _("City"), Kind.TEXT, _city),
        Partner.phone,
        Partner.is_customer,
        Partner.is_supplier,
        Partner.parent,
    ],
    filters=[
        Partner.kind,
        Partner.is_customer,
        Partner.is_supplier,
        Partner.country,
        Partner.parent,
    ],
    form=[
        Row(Partner.name, Partner.code),
        Row(Partner.kind, Partner.tax_id),
        Row(Partner.is_customer, Partner.is_supplier),
        Row(Partner.phone, Partner.mobile),
        Row(Partner.email, Partner.website),
        Row(Partner.parent, Partner.job_title),
        Row(Partner.country, Partner.language),
        Row(Partner.picture),
    ],
    tabs=[
        Tab(
            _("Addresses"),
            Lines(
                Partner.addresses,
                columns=[
                    Address.kind,
                    Address.street,
                    Address.postal_code,
                    Address.city,
                    Address.province,
                    Address.country,
                    Address.is_default,
                ],
                widths={
                    "kind": "s",
                    "postal_code": "s",
                    "city": "m",
                    "province": "m",
                    "country": "m",
                    "is_default": "xs",
                },
                small=["street", "city"],
            ),
        ),
        Tab(
            _("Bank accounts"),
            Lines(
                Partner.bank_accounts,
                columns=[
                    BankAccount.bank,
                    BankAccount.account_number,
                    BankAccount.bic,
                    BankAccount.holder,
                    BankAccount.currency,
                ],
                widths={"bic": "s", "currency": "s"},
                small=["bank", "account_number"],
            ),
        ),
        Tab(
            _("People"),
            Partner.people,
            columns=[Partner.name, Partner.job_title, Partner.phone, Partner.mobile, Partner.email],
        ),
        Tab(_("Tags"), Lines(Partner.tags, columns=[PartnerTag.tag])),
        Tab(_("Notes"), Partner.note),
    ],
    complete=_narrowed,
    offers=Offers(describe=_described),
)

TAGS = Screen(
    Tag,
    title=_("Tags"),
    singular=_("Tag"),
    menu="contacts",
    icon="tag",
    order=20,
    list=[Tag.name],
    form=[Row(Tag.name)],
    tabs=[Tab(_("Partners"), Tag.partners, columns=[PartnerTag.partner])],
)
