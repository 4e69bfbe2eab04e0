"""The set-up assistant: from a name to a company that can be worked in, step by step.

What was answered so far is kept with the person, so that the steps may be taken in any order and on another day.
Nothing of the company exists before the last step, which makes everything in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from sqlalchemy import select, text

from hanse.actions import Context, Identity, find_action, open_context
from hanse.addons import installed
from hanse.directory.founding import found_company
from hanse.directory.models import Company, Country, Currency, Role, User
from hanse.directory.names import DEPARTMENT_KINDS, country_name, currency_name
from hanse.directory.questions import Question
from hanse.errors import BusinessError, Forbidden
from hanse.i18n import Label, _, speaking, time_zones
from hanse.security import sessions
from hanse.security.passwords import generate_password
from hanse.security.permissions import Grants
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.belongings import picture_type

Values = dict[str, Any]
PREFERENCE = "setup"
_MOST_ROWS = 60
_FORM = "record-form"


@dataclass(frozen=True)
class Step:
    """A step of the assistant."""

    name: str
    title: Label
    fields: Callable[[WebRequest, Values], list[Values]]
    lines: Callable[[WebRequest, Values], Values] | None = None
    check: Callable[[WebRequest, Values], dict[str, str]] | None = None
    help: Label = ""


def show(request: WebRequest) -> Response:
    """Show a step."""
    _require(request)
    return _answer(request, _step(request), _kept(request), {})


def save(request: WebRequest) -> Response:
    """Keep the answers of a step and go on; the last one founds the company."""
    _require(request)
    step, answers = _step(request), _kept(request)
    answers[step.name] = _read(request, step, answers)
    errors = step.check(request, answers) if step.check else {}
    errors |= _missing(request, step, answers)
    if errors:
        return _answer(request, step, answers, errors)
    sessions.set_preference(request.db, request.user.id, PREFERENCE, answers)
    if step is STEPS[-1]:
        return _found(request, answers)
    return HTTPSeeOther(request.to("/setup", step=STEPS[STEPS.index(step) + 1].name))


def _require(request: WebRequest) -> None:
    """Let in who may found companies, also while there is none.

    :raises Forbidden: the person may not
    """
    rows = request.db.execute(
        text(
            "SELECT p.permission, p.scope FROM core_role_permission p "
            "JOIN core_user_role r ON r.role_id = p.role_id WHERE r.user_id = :user"
        ),
        {"user": request.user.id},
    )
    if not Grants.collect((name, scope) for name, scope in rows).allows("core.company.create"):
        raise Forbidden(_("Only an administrator may set up a company."))


def _step(request: WebRequest) -> Step:
    return next((one for one in STEPS if one.name == request.GET.get("step")), STEPS[0])


def _kept(request: WebRequest) -> Values:
    found: Any = request.logged_in.preferences.get(PREFERENCE)
    kept = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    return {name: dict(cast("Values", value)) for name, value in kept.items() if isinstance(value, dict)}


# --- drawing ----------------------------------------------------------------------------------------------------------


def _answer(request: WebRequest, step: Step, answers: Values, errors: Mapping[str, str]) -> Response:
    at = STEPS.index(step)
    steps = [
        {
            "title": one.title,
            "url": request.to("/setup", step=one.name),
            "current": one is step,
            "done": place < at or (place != at and one.name in answers),
        }
        for place, one in enumerate(STEPS)
    ]
    fields = [field | {"error": errors.get(field["name"], "")} for field in step.fields(request, answers)]
    form: Values = {
        "action": request.to("/setup", step=step.name),
        "title": step.title,
        "subtitle": step.help,
        "multipart": any(field["kind"] == "file" for field in fields),
        "sections": [{"fields": fields, "one": True}] if fields else [],
        "errors": [
            {"field": f"f-{name}" if any(field["name"] == name for field in fields) else None, "message": message}
            for name, message in errors.items()
        ],
    }
    if step.lines is not None:
        form["lines"] = step.lines(request, answers)
    last = step is STEPS[-1]
    actions: list[Values] = [
        {
            "label": _("Found the company") if last else _("Next step"),
            "submit": _FORM,
            "primary": True,
            "icon": "check" if last else "arrow-right",
        }
    ]
    if at:
        actions.insert(
            0, {"label": _("Step back"), "url": request.to("/setup", step=STEPS[at - 1].name), "icon": "arrow-left"}
        )
    page = page_of(request, _("Set up a company"), actions=actions)
    return render(request, "setup.jinja2", page, status=422 if errors else 200, form=form, steps=steps, dialogs=[])


def _field(name: str, label: Label, kind: str, answers: Mapping[str, Any], default: str = "", **more: Any) -> Values:
    return {"name": name, "label": label, "kind": kind, "value": answers.get(name, default), **more}


def _company_fields(request: WebRequest, answers: Values) -> list[Values]:
    own = answers.get("company", {})
    currencies = [
        {"value": code, "label": f"{code} {currency_name(name)}"}
        for code, name in request.db.execute(select(Currency.code, Currency.name).order_by(Currency.code))
    ]
    countries = [
        {"value": code, "label": f"{code} {country_name(name)}"}
        for code, name in request.db.execute(select(Country.code, Country.name).order_by(Country.code))
    ]
    zones = [{"value": name, "label": name} for name in time_zones()]
    languages = [{"value": "zh_CN", "label": "中文"}, {"value": "en", "label": "English"}]
    return [
        _field("name", _("Short name"), "text", own, required=True, help=_("As it stands in menus.")),
        _field("legal_name", _("Registered name"), "text", own, help=_("As it stands on documents.")),
        _field("tax_id", _("Unified social credit code"), "text", own),
        _field("country", _("Country"), "choice", own, "CN", choices=countries),
        _field(
            "currency",
            _("Currency of the books"),
            "choice",
            own,
            "CNY",
            choices=currencies,
            required=True,
            help=_("It cannot be changed once something is booked."),
        ),
        _field(
            "time_zone",
            _("Time zone"),
            "choice",
            own,
            request.settings.time_zone,
            choices=zones,
            required=True,
            help=_("Decides when a day of the company ends."),
        ),
        _field(
            "locale",
            _("Language of documents"),
            "choice",
            own,
            request.settings.default_locale,
            choices=languages,
            required=True,
        ),
    ]


def _letterhead_fields(request: WebRequest, answers: Values) -> list[Values]:
    own = answers.get("letterhead", {})
    return [
        _field("address", _("Address"), "note", own),
        _field("phone", _("Phone"), "tel", own),
        _field("bank", _("Bank and account"), "text", own),
        _field(
            "logo",
            _("Logo"),
            "file",
            {},
            accept=".png,.jpg,.jpeg,.webp",
            help=own.get("logo_name") or _("PNG, JPEG or WebP, at most 2 MB."),
        ),
    ]


def _addon_fields(request: WebRequest, answers: Values) -> list[Values]:
    own = answers.get("addons", {})
    return [
        _field(addon.name, addon.title, "flag", own, "1", help=addon.description)
        for addon in installed().addons.values()
        if not addon.bridge
    ]


def chosen_addons(answers: Values) -> list[str]:
    """Give the addons the company will have."""
    own = answers.get("addons")
    return [name for name, addon in installed().addons.items() if addon.bridge or own is None or own.get(name) == "1"]


def _questions(answers: Values) -> list[Question]:
    found: dict[str, Question] = {}
    for asked in installed().call("company_questions", chosen_addons(answers), ctx=None):
        for question in asked:
            found.setdefault(question.name, question)
    return list(found.values())


def _question_fields(request: WebRequest, answers: Values) -> list[Values]:
    own = answers.get("books", {})
    return [
        _field(
            one.name,
            one.label,
            one.kind,
            own,
            one.default,
            help=one.help,
            required=one.required and one.kind != "flag",
            choices=[{"value": value, "label": label} for value, label in one.choices],
        )
        for one in _questions(answers)
    ]


def _departments(request: WebRequest, answers: Values) -> Values:
    suggested: list[Values] = [{"name": str(name), "kind": kind} for kind, name in DEPARTMENT_KINDS.items()]
    rows: list[Values] = answers.get("departments", {}).get("rows") or suggested
    addons = [
        addon for addon in installed().addons.values() if addon.name in chosen_addons(answers) and not addon.bridge
    ]
    columns: list[Values] = [
        {"name": "name", "label": _("Department"), "kind": "text", "required": True},
        {
            "name": "kind",
            "label": _("Kind"),
            "kind": "choice",
            "width": "m",
            "choices": [{"value": kind, "label": name} for kind, name in DEPARTMENT_KINDS.items()],
        },
        *({"name": addon.key, "label": addon.title, "kind": "flag", "width": "m"} for addon in addons),
    ]
    return _table("departments", _("Departments"), columns, rows)


def _users(request: WebRequest, answers: Values) -> Values:
    roles = [
        {"value": str(id_), "label": name}
        for id_, name in request.db.execute(select(Role.id, Role.name).order_by(Role.name))
    ]
    departments = [
        {"value": row["name"], "label": row["name"]} for row in answers.get("departments", {}).get("rows", [])
    ]
    columns = [
        {"name": "name", "label": _("Name"), "kind": "text", "required": True},
        {"name": "login", "label": _("Login"), "kind": "text", "width": "m", "required": True},
        {"name": "role", "label": _("Role"), "kind": "choice", "width": "l", "choices": roles, "required": True},
        {"name": "department", "label": _("Department"), "kind": "choice", "width": "l", "choices": departments},
    ]
    return _table("users", _("Colleagues"), columns, answers.get("users", {}).get("rows") or [])


def _table(name: str, label: Label, columns: Sequence[Values], rows: Sequence[Mapping[str, str]]) -> Values:
    drawn = [
        {"index": at, "id": "", "cells": [{"value": row.get(column["name"], "")} for column in columns]}
        for at, row in enumerate(rows)
    ]
    blank = {"index": 0, "id": "", "cells": [{"value": ""} for _column in columns]}
    return {
        "name": name,
        "label": label,
        "columns": columns,
        "rows": drawn or [blank],
        "blank": blank,
        "next": max(len(drawn), 1),
        "readonly": False,
    }


def _summary(request: WebRequest, answers: Values) -> list[Values]:
    company = answers.get("company", {})
    addons = ", ".join(str(installed().addons[name].title) for name in chosen_addons(answers))
    departments = ", ".join(row["name"] for row in answers.get("departments", {}).get("rows", []))
    people = ", ".join(row["name"] for row in answers.get("users", {}).get("rows", []))
    shown = (
        ("s-name", _("Company"), company.get("name", "")),
        ("s-currency", _("Currency of the books"), company.get("currency", "")),
        ("s-zone", _("Time zone"), company.get("time_zone", "")),
        ("s-addons", _("Addons"), addons),
        ("s-departments", _("Departments"), departments),
        ("s-people", _("Colleagues"), people),
    )
    return [{"name": name, "label": label, "kind": "static", "text": value} for name, label, value in shown]


# --- reading ----------------------------------------------------------------------------------------------------------


def _read(request: WebRequest, step: Step, answers: Values) -> Values:
    own: Values = {}
    for field in step.fields(request, answers):
        if field["kind"] == "file":
            own |= _read_logo(request, answers.get(step.name, {}))
        elif field["kind"] != "static":
            own[field["name"]] = str(request.POST.get(field["name"], "")).strip()[:2000]
    if step.lines is not None:
        own["rows"] = _read_rows(request, step.lines(request, answers))
    return own


def _read_rows(request: WebRequest, table: Values) -> list[dict[str, str]]:
    name = table["name"]
    order = [one for one in str(request.POST.get(f"{name}-order", "")).split(",") if one.isdigit()][:_MOST_ROWS]
    names = [column["name"] for column in table["columns"]]
    rows = [
        {column: str(request.POST.get(f"{name}-{index}-{column}", "")).strip()[:200] for column in names}
        for index in dict.fromkeys(order)
    ]
    return [row for row in rows if row["name"]]


def _read_logo(request: WebRequest, before: Mapping[str, str]) -> Values:
    upload: Any = request.POST.get("logo")
    if not getattr(upload, "filename", None):
        return {name: before[name] for name in ("logo", "logo_name") if name in before}
    start = upload.file.read(12)
    upload.file.seek(0, 2)
    if picture_type(start) is None or upload.file.tell() > 2 * 2**20:
        raise BusinessError(_("The logo must be a PNG, JPEG or WebP picture of at most 2 MB."), field="logo")
    upload.file.seek(0)
    return {"logo": request.services.files.store(upload.file), "logo_name": str(upload.filename)[:100]}


def _missing(request: WebRequest, step: Step, answers: Values) -> dict[str, str]:
    own = answers[step.name]
    return {
        field["name"]: str(_("Please fill this in."))
        for field in step.fields(request, answers)
        if field.get("required") and not own.get(field["name"])
    }


def _check_company(request: WebRequest, answers: Values) -> dict[str, str]:
    name = answers["company"].get("name")
    there = name and request.db.scalar(select(Company.id).where(Company.name == name))
    return {"name": str(_("There is a company with this name already."))} if there else {}


def _check_answers(request: WebRequest, answers: Values) -> dict[str, str]:
    errors: dict[str, str] = {}
    for one in _questions(answers):
        try:
            one.read(str(answers["books"].get(one.name, "")))
        except ValueError:
            errors[one.name] = str(_("This does not fit."))
    return errors


def _check_users(request: WebRequest, answers: Values) -> dict[str, str]:
    rows = answers["users"]["rows"]
    logins = [row["login"] for row in rows]
    if any(not row["login"] or not row["role"] for row in rows):
        return {"users": str(_("Everybody needs a login and a role."))}
    taken = set(request.db.scalars(select(User.login).where(User.login.in_(logins))))
    twice = {login for login in logins if logins.count(login) > 1} | taken
    return (
        {"users": str(_("Logins that are taken: %(logins)s. Choose others.", logins=", ".join(sorted(twice))))}
        if twice
        else {}
    )


STEPS = (
    Step("company", _("Company"), _company_fields, check=_check_company, help=_("Who keeps the books?")),
    Step("letterhead", _("Letterhead"), _letterhead_fields, help=_("What stands on printed documents.")),
    Step(
        "addons",
        _("Addons"),
        _addon_fields,
        help=_("What the company works with. You can switch addons on and off later."),
    ),
    Step("books", _("Books"), _question_fields, check=_check_answers, help=_("What the addons need to know to begin.")),
    Step(
        "departments",
        _("Departments"),
        lambda request, answers: [],
        _departments,
        help=_("Tick what a department sees. What nobody ticks is seen by everybody."),
    ),
    Step(
        "users",
        _("Colleagues"),
        lambda request, answers: [],
        _users,
        _check_users,
        help=_("Who works here. Passwords are made up and shown once."),
    ),
    Step("found", _("Confirm"), _summary, help=_("Look once more, then found the company.")),
)


# --- founding ---------------------------------------------------------------------------------------------------------


def _found(request: WebRequest, answers: Values) -> Response:
    """Make everything in this request's transaction; what is refused leads back to its step."""
    missing = [step for step in STEPS[:-1] if step.name not in answers]
    if missing:
        request.say(_("First answer: %(step)s.", step=missing[0].title), "warn")
        return HTTPSeeOther(request.to("/setup", step=missing[0].name))
    try:
        with request.db.begin_nested():
            ctx = _make(request, answers)
            passwords = _make_people(ctx, answers)
    except BusinessError as error:
        return _answer(request, STEPS[-1], answers, {"found": str(error)})
    sessions.set_preference(request.db, request.user.id, PREFERENCE, None)
    sessions.choose_company(request.db, request.logged_in.id, ctx.company.id)
    return _done(request, ctx, passwords)


def _make(request: WebRequest, answers: Values) -> Context:
    company, letterhead = answers["company"], answers["letterhead"]
    values: Values = {name: company[name] or None for name in ("name", "legal_name", "tax_id", "time_zone", "locale")}
    values |= {name: letterhead.get(name) or None for name in ("address", "phone", "bank", "logo")}
    values |= {"currency": company["currency"]}
    if company.get("country"):
        values["country_id"] = request.db.scalar(select(Country.id).where(Country.code == company["country"]))
    typed = {one.name: one.read(str(answers["books"].get(one.name, ""))) for one in _questions(answers)}
    with speaking(company["locale"]):
        ctx = found_company(request.db, request.user, values, addons=chosen_addons(answers), answers=typed)
    _make_departments(ctx, answers)
    return ctx


def _make_departments(ctx: Context, answers: Values) -> None:
    rows = answers["departments"]["rows"]
    create, choose = find_action("core.department.create"), find_action("core.department.show_addons")
    assert create is not None
    assert choose is not None
    if not rows:
        return
    made = ctx.run(create, values=[{"name": row["name"], "kind": row["kind"] or None} for row in rows])
    for department, row in zip(made.done, rows, strict=True):
        seen = [name for name, addon in installed().addons.items() if row.get(addon.key) == "1"]
        if seen:
            ctx.run(choose, [department], addons=seen)


def _make_people(ctx: Context, answers: Values) -> list[tuple[str, str, str]]:
    """Add people with their roles and departments; give name, login and the made-up password of each."""
    create, set_password, update = (
        find_action(f"core.{name}") for name in ("user.create", "user.set_password", "department.update")
    )
    assert create is not None
    assert set_password is not None
    assert update is not None
    made: list[tuple[str, str, str]] = []
    members: dict[str, list[int]] = {}
    for row in answers["users"]["rows"]:
        user = ctx.run(
            create,
            values=[
                {
                    "name": row["name"],
                    "login": row["login"],
                    "roles": [{"role": int(row["role"]), "company": ctx.company.id}],
                }
            ],
        ).id
        password = generate_password()
        ctx.run(set_password, [user], password=password)
        made.append((row["name"], row["login"], password))
        if row["department"]:
            members.setdefault(row["department"], []).append(user)
    _add_members(ctx, members)
    return made


def _add_members(ctx: Context, members: Mapping[str, list[int]]) -> None:
    from hanse.directory.models import Department

    update = find_action("core.department.update")
    assert update is not None
    for department in ctx.all(Department, Department.name.in_(members)):
        ctx.run(update, [department.id], values={"members": [{"user": user} for user in members[department.name]]})


def _done(request: WebRequest, ctx: Context, passwords: Sequence[tuple[str, str, str]]) -> Response:
    request.state.ctx = open_context(request.db, request.user, ctx.company.id, via="web")
    request.state.companies = None
    columns = [
        {"name": "name", "label": _("Name"), "kind": "text"},
        {"name": "login", "label": _("Login"), "kind": "text"},
        {"name": "password", "label": _("Password"), "kind": "text"},
    ]
    rows = [
        {"id": at, "url": "", "cells": [{"kind": "text", "text": value} for value in one]}
        for at, one in enumerate(passwords)
    ]
    home = {"label": _("Start working"), "url": request.to("/"), "primary": True}
    page = page_of(request, _("%(company)s is founded", company=ctx.company.name), actions=[home])
    values = {
        "url": request.to("/"),
        "no_search": True,
        "columns": columns,
        "rows": rows,
        "layout": "table",
        "empty_title": _("The company is founded"),
        "empty_text": _("Everything is ready. Add people whenever you like."),
        "empty_icon": "circle-check",
        "empty_actions": [home],
    }
    note = _("Write the passwords down now: they are shown only once.") if rows else ""
    return render(request, "list.jinja2", page, list=values | {"notice": note})


__all__ = ["Identity", "save", "show"]
