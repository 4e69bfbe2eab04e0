"""Companies, departments, users, roles, currencies, countries, comments and attachments."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hanse.i18n import _
from hanse.models import (
    Choice,
    Index,
    Mapped,
    Model,
    Scope,
    Trigger,
    Unique,
    archivable,
    choice,
    flag,
    lines,
    link,
    moment,
    note,
    number,
    structure,
    text,
)
from hanse.models.fields import NOBODY

if TYPE_CHECKING:
    from hanse.api.models import ApiToken


class Currency(Model, shared=True):
    """A currency: any code, up to 8 decimals."""

    __tablename__ = "core_currency"
    __display__ = ("code",)
    code: Mapped[str] = text(_("Code"), max_length=60, search=True)
    name: Mapped[str] = text(_("Name"), widget="currency_name", search=True)
    symbol: Mapped[str | None] = text(_("Symbol"), max_length=60)
    places: Mapped[int] = number(_("Decimals"), default=2)

    __rules__ = [Unique("code", error=_("There is a currency with this code already."))]


class Country(Model, shared=True):
    """A country by its ISO 3166 code."""

    __tablename__ = "core_country"
    code: Mapped[str] = text(_("Code"), max_length=2, search=True)
    name: Mapped[str] = text(_("Name"), widget="country_name", search=True)

    __rules__ = [Unique("code", error=_("There is a country with this code already."))]


class Company(Model, shared=True):
    """A legal entity that keeps books."""

    __tablename__ = "core_company"
    name: Mapped[str] = text(_("Name"), search=True)
    legal_name: Mapped[str | None] = text(_("Registered name"))
    tax_id: Mapped[str | None] = text(_("Unified social credit code"), max_length=40)
    currency: Mapped[Currency] = link(_("Currency"), index=False)
    country: Mapped[Country | None] = link(_("Country"), index=False)
    time_zone: Mapped[str] = text(_("Time zone"), default="Asia/Shanghai")
    locale: Mapped[str] = text(_("Language"), default="zh_CN", max_length=12)
    address: Mapped[str | None] = note(_("Address"))
    phone: Mapped[str | None] = text(_("Phone"), max_length=60)
    bank: Mapped[str | None] = text(_("Bank and account"))
    logo: Mapped[str | None] = text(_("Logo"), max_length=80, readonly=True)
    settings: Mapped[dict[str, object]] = structure(_("Settings"), default={})
    second_factor: Mapped[bool] = flag(
        _("Requires two-factor sign-in"), help=_("Everybody with a role here needs a code besides the password.")
    )

    __rules__ = [
        Unique("name", error=_("There is a company with this name already.")),
        Trigger(
            "logged",
            "BEFORE DELETE",
            "IF EXISTS (SELECT FROM core_audit WHERE company_id = OLD.id) THEN "
            "RAISE EXCEPTION 'hanse:company_logged core_audit tells of company %', OLD.id USING ERRCODE = 'HA001'; "
            "END IF; RETURN OLD;",
            errors=(("company_logged", _("The audit log tells what was done in this company, so it stays.")),),
        ),
    ]

    if TYPE_CHECKING:
        currency_id: Mapped[int]
        country_id: Mapped[int | None]


class Department(Model):
    """A part of a company; parts form a tree."""

    __tablename__ = "core_department"
    code: Mapped[str | None] = text(_("Code"), max_length=40, search=True)
    name: Mapped[str] = text(_("Name"), search=True)
    kind: Mapped[str | None] = text(
        _("Kind"), max_length=40, widget="department_kind", help=_("What addons are meant for: office, sales, store …")
    )
    parent: Mapped[Department | None] = link(_("Part of"))
    active: Mapped[bool] = archivable()
    members: Mapped[list[Membership]] = lines(_("Members"), owned=True)
    children: Mapped[list[Department]] = lines(_("Parts"), by="parent")

    __rules__ = [Unique("name", "parent", error=_("There is a department with this name already."), nulls_equal=True)]

    if TYPE_CHECKING:
        parent_id: Mapped[int | None]


class User(Model, shared=True):
    """Somebody, or a service, that acts in Hanse."""

    __tablename__ = "core_user"
    login: Mapped[str] = text(_("Login"), max_length=80, search=True)
    name: Mapped[str] = text(_("Name"), search=True)
    email: Mapped[str | None] = text(_("E-mail"), search=True)
    locale: Mapped[str | None] = text(_("Language"), max_length=12)
    password: Mapped[str | None] = text(_("Password hash"), read=NOBODY, readonly=True)
    active: Mapped[bool] = flag(_("Active"), default=True)
    service: Mapped[bool] = flag(_("Service user"), help=_("Acts for programs; cannot log in."))
    owner: Mapped[User | None] = link(
        _("Answered for by"), index=False, help=_("Of a service user: whom to ask about it.")
    )
    preferences: Mapped[dict[str, object]] = structure(_("Preferences"), default={}, read=NOBODY, readonly=True)
    roles: Mapped[list[UserRole]] = lines(_("Roles"), owned=True)
    tokens: Mapped[list[ApiToken]] = lines(_("Tokens"), by="user")

    if TYPE_CHECKING:
        owner_id: Mapped[int | None]

    __rules__ = [Unique("login", error=_("There is a user with this login already."))]


class Role(Model, shared=True):
    """A set of permissions with their scopes."""

    __tablename__ = "core_role"
    key: Mapped[str | None] = text(_("Key"), max_length=60, readonly=True)
    name: Mapped[str] = text(_("Name"), widget="role_name", search=True)
    second_factor: Mapped[bool] = flag(
        _("Requires two-factor sign-in"), help=_("Who has the role needs a code besides the password.")
    )
    permissions: Mapped[list[RolePermission]] = lines(_("Permissions"), owned=True)

    __rules__ = [
        Unique("name", error=_("There is a role with this name already.")),
        Unique("key", error=_("There is a role with this key already.")),
    ]


class PermissionScope(Choice):
    """How far a permission reaches."""

    OWN = "own", _("Own records")
    DEPARTMENT = "department", _("Own departments and below")
    COMPANY = "company", _("Whole company")
    COMPANIES = "companies", _("All own companies")


class RolePermission(Model, shared=True):
    """A permission that a role holds; ``*`` stands for every permission or every one of an addon (``finance.*``)."""

    __tablename__ = "core_role_permission"
    role: Mapped[Role] = link(_("Role"), ondelete="CASCADE")
    permission: Mapped[str] = text(_("Permission"), max_length=120)
    scope: Mapped[PermissionScope] = choice(_("Scope"), default=PermissionScope.COMPANY)

    __rules__ = [Unique("role", "permission", "scope", error=_("The role has this permission already."))]

    if TYPE_CHECKING:
        role_id: Mapped[int]


class UserRole(Model, shared=True):
    """A role somebody has, in one company or in all."""

    __tablename__ = "core_user_role"
    user: Mapped[User] = link(_("User"), ondelete="CASCADE")
    role: Mapped[Role] = link(_("Role"))
    company: Mapped[Company | None] = link(_("Company"), help=_("Empty: in every company."))

    if TYPE_CHECKING:
        user_id: Mapped[int]
        role_id: Mapped[int]


class Membership(Model):
    """That somebody works in a department."""

    __tablename__ = "core_membership"
    department: Mapped[Department] = link(_("Department"), ondelete="CASCADE")
    user: Mapped[User] = link(_("User"))
    manager: Mapped[bool] = flag(_("Manages it"))

    __rules__ = [Unique("department", "user", error=_("The person is in this department already."))]

    if TYPE_CHECKING:
        department_id: Mapped[int]
        user_id: Mapped[int]


class CompanyAddon(Model):
    """That an addon is on in a company, and whether it was set up there; only :mod:`hanse.enabling` changes it."""

    __general__ = False
    __tablename__ = "core_company_addon"
    __display__ = ("addon",)
    addon: Mapped[str] = text(_("Addon"), max_length=80)
    enabled: Mapped[bool] = flag(_("On"), default=True)
    ready: Mapped[bool] = flag(_("Set up"))

    __rules__ = [Unique("addon", error=_("The company has a row for this addon already."))]


class DepartmentAddon(Model):
    """That a department sees an addon.  An addon without any such row is seen by the whole company."""

    __general__ = False
    __tablename__ = "core_department_addon"
    __display__ = ("addon",)
    department: Mapped[Department] = link(_("Department"), ondelete="CASCADE")
    addon: Mapped[str] = text(_("Addon"), max_length=80)

    __rules__ = [Unique("department", "addon", error=_("The department has this addon already."))]

    if TYPE_CHECKING:
        department_id: Mapped[int]


class Counter(Model):
    """The last number given, by key; the row is locked until the number's transaction ends, so there are no gaps."""

    __audited__ = False
    __tablename__ = "core_counter"
    __display__ = ("key",)
    key: Mapped[str] = text(_("Key"), max_length=120)
    value: Mapped[int] = number(_("Last number"), default=0)

    __rules__ = [Unique("key", error=_("There is a counter with this key already."))]


class Attachment(Model):
    """A file that belongs to a record, made by ``attach`` only: a row made by hand could name any file of the store."""

    __general__ = False
    __tablename__ = "core_attachment"
    __scope__ = Scope(owner="user", about=True, open=("read",))
    model: Mapped[str] = text(_("Model"), max_length=80)
    record: Mapped[int] = number(_("Record"))
    name: Mapped[str] = text(_("File name"), max_length=255)
    media_type: Mapped[str] = text(_("Type"), max_length=120)
    size: Mapped[int] = number(_("Bytes"))
    key: Mapped[str] = text(_("Stored as"), max_length=80)
    user: Mapped[User] = link(_("Added by"), index=False)
    at: Mapped[datetime] = moment(_("Added at"))

    __rules__ = [Index("model", "record")]

    if TYPE_CHECKING:
        user_id: Mapped[int]


class Comment(Model):
    """What somebody said about a record.  The audit keeps what it said before it was changed or deleted."""

    __audited__ = False
    __general__ = False
    __tablename__ = "core_comment"
    __display__ = ("body",)
    __scope__ = Scope(owner="user", about=True, open=("read",))
    model: Mapped[str] = text(_("Model"), max_length=80)
    record: Mapped[int] = number(_("Record"))
    body: Mapped[str] = note(_("Comment"))
    user: Mapped[User] = link(_("Written by"), index=False)
    at: Mapped[datetime] = moment(_("Written at"))
    mentions: Mapped[list[int]] = structure(_("Mentions"), default=[])
    edited_at: Mapped[datetime | None] = moment(_("Edited at"))

    __rules__ = [Index("model", "record")]

    if TYPE_CHECKING:
        user_id: Mapped[int]
