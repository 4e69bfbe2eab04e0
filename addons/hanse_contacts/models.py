"""Partners, with their addresses, bank accounts and tags.  All companies of a database share them."""

from __future__ import annotations

from hanse import (
    Check,
    Choice,
    Index,
    Mapped,
    Model,
    Section,
    Settings,
    StoredFile,
    Unique,
    _,
    archivable,
    choice,
    file,
    flag,
    lines,
    link,
    note,
    number,
    text,
)
from hanse.database.pinyin import is_hanzi
from hanse.directory.models import Country, Currency
from hanse.directory.names import country_name
from hanse_contacts.permissions import Contacts


class PartnerKind(Choice):
    """What a partner is."""

    COMPANY = "company", _("Company")
    PERSON = "person", _("Person")


class AddressKind(Choice):
    """What an address is used for."""

    OFFICE = "office", _("Office")
    BILLING = "billing", _("Billing")
    DELIVERY = "delivery", _("Delivery")
    HOME = "home", _("Home")
    OTHER = "other", _("Other")


class Partner(Model, shared=True):
    """A company or a person one deals with: customer, supplier, both, or somebody who works for one of them."""

    __tablename__ = "contacts_partner"

    # Partners belong to all companies of the database, so their codes cannot come from one company's counter.
    code: Mapped[str] = number(_("Code"), rule="C{id:5}", max_length=40, search=True)
    kind: Mapped[PartnerKind] = choice(_("Kind"), default=PartnerKind.COMPANY)
    name: Mapped[str] = text(_("Name"), search=True)
    tax_id: Mapped[str | None] = text(
        _("Tax number"),
        max_length=40,
        search=True,
        help=_("China: unified social credit code. European Union: VAT number with its country letters."),
    )
    is_customer: Mapped[bool] = flag(_("Customer"))
    is_supplier: Mapped[bool] = flag(_("Supplier"))
    parent: Mapped[Partner | None] = link(_("Works for"), help=_("The company a person belongs to."))
    job_title: Mapped[str | None] = text(_("Job title"), max_length=120)
    language: Mapped[str | None] = text(
        _("Language"), max_length=12, help=_("In which documents are written to the partner, such as en or zh_CN.")
    )
    country: Mapped[Country | None] = link(
        _("Country"),
        readonly=True,
        help=_("That of the default address. It decides how numbers are written and checked."),
    )
    website: Mapped[str | None] = text(_("Website"), widget="url")
    email: Mapped[str | None] = text(_("E-mail"), max_length=254, search=True, widget="email")
    phone: Mapped[str | None] = text(_("Phone"), max_length=40, search=True, widget="tel")
    mobile: Mapped[str | None] = text(_("Mobile phone"), max_length=40, search=True, widget="tel")
    picture: Mapped[StoredFile | None] = file(
        _("Picture"), pictures=True, help=_("A photo of the person, the logo of the company.")
    )
    note: Mapped[str | None] = note(_("Note"))
    active: Mapped[bool] = archivable()
    name_key: Mapped[str | None] = text(
        _("Name for comparison"),
        readonly=True,
        help=_("The name without legal form and punctuation, to find duplicates."),
    )

    addresses: Mapped[list[Address]] = lines(_("Addresses"), owned=True)
    bank_accounts: Mapped[list[BankAccount]] = lines(
        _("Bank accounts"), owned=True, write=Contacts.MANAGE_BANK_ACCOUNTS
    )
    tags: Mapped[list[PartnerTag]] = lines(_("Tags"), owned=True)
    people: Mapped[list[Partner]] = lines(_("People"), by="parent", order_by="name")

    __rules__ = [
        Unique("code", error=_("There is a partner with this code already.")),
        Check(
            "people_work_for",
            "parent_id IS NULL OR (kind = 'person' AND parent_id <> id)",
            _("Only a person works for a company. Empty “Works for”, or make this partner a person."),
        ),
        Index("name_key", where="name_key IS NOT NULL"),
        Index("tax_id", where="tax_id IS NOT NULL"),
        Index("email", where="email IS NOT NULL"),
        Index("phone", where="phone IS NOT NULL"),
        Index("mobile", where="mobile IS NOT NULL"),
    ]

    def default_address(self) -> Address | None:
        """Give the address to use where nobody has chosen one: the one marked so, else the first."""
        marked = (address for address in self.addresses if address.is_default)
        return next(marked, None) or next(iter(self.addresses), None)


class Address(Model, shared=True):
    """A place where a partner can be reached."""

    __tablename__ = "contacts_address"
    __display__ = ("street", "city")
    partner: Mapped[Partner] = link(_("Partner"), ondelete="CASCADE")
    kind: Mapped[AddressKind] = choice(_("Kind"), default=AddressKind.OFFICE)
    street: Mapped[str | None] = text(_("Street"))
    postal_code: Mapped[str | None] = text(_("Postal code"), max_length=20)
    city: Mapped[str | None] = text(_("City"), max_length=80)
    province: Mapped[str | None] = text(_("Province or state"), max_length=80)
    country: Mapped[Country | None] = link(_("Country"), index=False)
    is_default: Mapped[bool] = flag(_("Default"))

    def on_letter(self, home: int | None) -> list[str]:
        """Give its lines for a letter: one written in Chinese characters begins with what is large.

        :param home: id of the sender's country, which is not named in it
        """
        abroad = self.country is not None and self.country.id != home
        country = country_name(self.country.name) if self.country is not None and abroad else None
        parts = [part for part in (self.province, self.city, self.street) if part]
        if any(is_hanzi(character) for part in parts for character in part):
            place = ""
            for part in parts:
                if not place.endswith(part):
                    place = part if part.startswith(place) else place + part
            lines = [country, self.postal_code, place]
        else:
            town = " ".join(part for part in (self.postal_code, self.city) if part)
            lines = [self.street, town, self.province, country]
        return [line for line in lines if line]


class BankAccount(Model, shared=True):
    """An account at a bank to which a partner is paid."""

    __tablename__ = "contacts_bank_account"
    __display__ = ("bank", "account_number")
    partner: Mapped[Partner] = link(_("Partner"), ondelete="CASCADE")
    bank: Mapped[str | None] = text(_("Bank"), max_length=120)
    account_number: Mapped[str] = text(_("Account number or IBAN"), max_length=40)
    bic: Mapped[str | None] = text(_("BIC (SWIFT)"), max_length=11)
    holder: Mapped[str | None] = text(_("Account holder"), max_length=120, help=_("Empty: the partner itself."))
    currency: Mapped[Currency | None] = link(_("Currency"), index=False)

    __rules__ = [Unique("partner", "account_number", error=_("The partner has this bank account already."))]


class Tag(Model, shared=True):
    """A word by which partners are grouped."""

    __tablename__ = "contacts_tag"
    name: Mapped[str] = text(_("Name"), max_length=60, search=True)
    partners: Mapped[list[PartnerTag]] = lines(_("Partners"))

    __rules__ = [Unique("name", error=_("There is a tag with this name already."))]


class PartnerTag(Model, shared=True):
    """That a partner has a tag."""

    __tablename__ = "contacts_partner_tag"
    partner: Mapped[Partner] = link(_("Partner"), ondelete="CASCADE", index=False)
    tag: Mapped[Tag] = link(_("Tag"), ondelete="CASCADE")

    __rules__ = [Unique("partner", "tag", error=_("The partner has this tag already."))]


class ContactsSettings(
    Settings, section=Section(_("Contacts"), help=_("How partners are kept."), icon="address-book", order=20)
):
    """Settings of contacts."""

    warn_of_duplicates: Mapped[bool] = flag(
        _("Warn of duplicates"),
        default=True,
        help=_("Whoever saves a partner is shown others with the same numbers or a similar name."),
    )
    language: Mapped[str | None] = text(
        _("Language of new partners"),
        max_length=12,
        help=_("In which documents are written to partners that name none, such as en or zh_CN."),
    )
