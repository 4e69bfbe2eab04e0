"""The routes: some fifteen for all screens, not some for each model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.tweens import EXCVIEW, INGRESS, MAIN

import hanse.api.views as api
import hanse.web.views.account as account
import hanse.web.views.actions as actions
import hanse.web.views.belongings as belongings
import hanse.web.views.boards as boards
import hanse.web.views.calendars as calendars
import hanse.web.views.choose as choose
import hanse.web.views.company_setup as company_setup
import hanse.web.views.exports as exports
import hanse.web.views.forgot as forgot
import hanse.web.views.forms as forms
import hanse.web.views.front as front
import hanse.web.views.imports as imports
import hanse.web.views.list_groups as list_groups
import hanse.web.views.lists as lists
import hanse.web.views.login as login
import hanse.web.views.merging as merging
import hanse.web.views.my_work as my_work
import hanse.web.views.own_factor as own_factor
import hanse.web.views.pivot as pivot
import hanse.web.views.preferences as preferences
import hanse.web.views.saved_views as saved_views
import hanse.web.views.second_step as second_step
import hanse.web.views.single_sign_on as single_sign_on
import hanse.web.views.trail as trail
import hanse.web.views.uploads as uploads
import hanse.web.views.work as work
from hanse.web import errors, metrics
from hanse.web.request import Services, WebRequest

_YEAR = 365 * 24 * 3600
_TWEENS = "hanse.web.tweens"
_WATCH = "hanse.web.watching.watch_tween"


def configure(services: Services, static: Mapping[str, Path]) -> Callable[..., Any]:
    """Put routes, templates, tweens and error views together."""
    config = Configurator(registry=Registry("hanse"))
    config.setup_registry()
    config.set_request_factory(partial_request(services))
    config.add_tween(_WATCH, under=INGRESS)
    config.add_tween(f"{_TWEENS}.headers_tween", under=_WATCH)
    config.add_tween(f"{_TWEENS}.transaction_tween", under=f"{_TWEENS}.headers_tween", over=EXCVIEW)
    config.add_tween(f"{_TWEENS}.csrf_tween", under=EXCVIEW, over=MAIN)
    # an addon's folder before Hanse's own: the route of that one takes every path below it
    for key, folder in sorted(static.items(), reverse=True):
        config.add_static_view(f"static/{services.static}{'/' + key if key else ''}", str(folder), cache_max_age=_YEAR)
    _add_routes(config)
    errors.include(config)
    return config.make_wsgi_app()


def partial_request(services: Services) -> Callable[..., Request]:
    """Make requests that know the services."""
    return type("HanseRequest", (WebRequest,), {"services": services})


def _add_routes(config: Configurator) -> None:
    for name, (pattern, view) in api.ROUTES.items():
        config.add_route(name, pattern)
        config.add_view(view, route_name=name, request_method=api.METHODS)
    for name, (pattern, views) in ROUTES.items():
        config.add_route(name, pattern)
        for method, view in views.items():
            config.add_view(view, route_name=name, request_method=method)


View = Callable[[WebRequest], Any]
_RECORD = "/{key:[a-z][a-z0-9]*}/{model:[a-z0-9_-]+}/{id:[0-9]{1,18}}"
_MODEL = "/{key:[a-z][a-z0-9]*}/{model:[a-z0-9_-]+}"
ROUTES: dict[str, tuple[str, dict[str, View]]] = {
    "health": ("/health", {"GET": front.health}),
    "ready": ("/ready", {"GET": metrics.ready}),
    "metrics": ("/metrics", {"GET": metrics.show}),
    "home": ("/", {"GET": my_work.home}),
    "login": ("/login", {"GET": login.show, "POST": login.log_in}),
    "logout": ("/logout", {"POST": login.log_out}),
    "forgot": ("/forgot", {"GET": forgot.ask, "POST": forgot.send}),
    "reset": ("/password", {"GET": forgot.show_reset, "POST": forgot.reset}),
    "welcome": ("/welcome", {"GET": forgot.show_invitation, "POST": forgot.accept_invitation}),
    "locale": ("/locale", {"POST": preferences.choose_locale}),
    "company": ("/company", {"POST": preferences.choose_company}),
    "palette": ("/palette", {"GET": front.palette}),
    "me": ("/me", {"GET": account.show, "POST": account.save}),
    "login.code": ("/login/code", {"GET": second_step.ask_code, "POST": second_step.take_code}),
    "login.enrol": ("/login/enrol", {"GET": second_step.show_enrolment, "POST": second_step.enrol}),
    "login.enrol.qr": ("/login/enrol/qr.svg", {"GET": second_step.qr}),
    "sso": ("/login/sso/{provider:[a-z0-9]{1,30}}", {"GET": single_sign_on.go}),
    "sso.back": ("/login/sso/{provider:[a-z0-9]{1,30}}/back", {"GET": single_sign_on.come_back}),
    "me.sso": (
        "/me/sso/{provider:[a-z0-9]{1,30}}",
        {"GET": single_sign_on.ask_link, "POST": single_sign_on.begin_link},
    ),
    "me.unlink": ("/me/unlink", {"POST": single_sign_on.cut_link}),
    "me.factor": ("/me/second-factor", {"GET": own_factor.show, "POST": own_factor.save}),
    "me.factor.qr": ("/me/second-factor/qr.svg", {"GET": own_factor.qr}),
    "me.codes": ("/me/recovery-codes.txt", {"POST": own_factor.download}),
    "me.sessions": ("/me/sessions", {"POST": account.end}),
    "setup": ("/setup", {"GET": company_setup.show, "POST": company_setup.save}),
    "download": ("/files/{id:[0-9]{1,18}}/{name}", {"GET": belongings.download}),
    "uploads": ("/uploads", {"POST": uploads.upload}),
    "upload": ("/uploads/{key:[0-9a-f]{64}}/{name}", {"GET": uploads.show_upload}),
    "picture": ("/pictures/{file:[0-9a-f]{64}}", {"GET": belongings.picture}),
    "record.new": (f"{_MODEL}/new", {"GET": forms.new, "POST": forms.create}),
    "list.complete": (f"{_MODEL}/-/complete", {"GET": choose.complete}),
    "list.count": (f"{_MODEL}/-/count", {"GET": lists.count}),
    "list.columns": (f"{_MODEL}/-/columns", {"POST": preferences.save_columns}),
    "list.group": (f"{_MODEL}/-/group", {"GET": list_groups.group}),
    "list.groups": (f"{_MODEL}/-/groups", {"GET": list_groups.more_groups}),
    "list.lane": (f"{_MODEL}/-/lane", {"GET": boards.lane}),
    "list.move": (f"{_MODEL}/-/move", {"POST": boards.move}),
    "list.day": (f"{_MODEL}/-/day", {"POST": calendars.move}),
    "list.view": (f"{_MODEL}/-/view", {"POST": saved_views.change}),
    "list.star": (f"{_MODEL}/-/star", {"POST": work.star_list}),
    "list.export": (f"{_MODEL}/-/export.{{form:csv|xlsx|pdf}}", {"GET": exports.export, "POST": exports.export}),
    "list.pivot": (f"{_MODEL}/-/pivot.{{form:csv|xlsx}}", {"GET": pivot.export}),
    "list.import": (f"{_MODEL}/-/import", {"GET": imports.start, "POST": imports.upload}),
    "list.import.template": (f"{_MODEL}/-/import/template.{{form:csv|xlsx}}", {"GET": imports.template}),
    "list.import.one": (f"{_MODEL}/-/import/{{id:[0-9]{{1,18}}}}", {"GET": imports.show, "POST": imports.act}),
    "list.import.file": (
        f"{_MODEL}/-/import/{{id:[0-9]{{1,18}}}}/{{what:result|refused}}.{{form:csv|xlsx}}",
        {"GET": imports.result_file},
    ),
    "list.print": (f"{_MODEL}/-/print/{{document}}", {"GET": actions.print_many, "POST": actions.print_many}),
    "list.merge": (f"{_MODEL}/-/merge", {"GET": merging.show, "POST": merging.do}),
    "list.action": (f"{_MODEL}/-/do/{{verb}}", {"GET": actions.ask_many, "POST": actions.do_many}),
    "record.action": (f"{_RECORD}/do/{{verb}}", {"GET": actions.ask_one, "POST": actions.do_one}),
    "record.comment": (f"{_RECORD}/comments", {"POST": belongings.comment}),
    "record.comment.edit": (f"{_RECORD}/comments/{{comment:[0-9]{{1,18}}}}", {"POST": belongings.edit_comment}),
    "record.follow": (f"{_RECORD}/follow", {"POST": work.follow}),
    "record.star": (f"{_RECORD}/star", {"POST": work.star}),
    "record.attach": (f"{_RECORD}/attachments", {"POST": belongings.attach}),
    "record.detach": (f"{_RECORD}/attachments/{{attachment:[0-9]{{1,18}}}}/delete", {"POST": belongings.detach}),
    "record.file": (
        f"{_RECORD}/file/{{field:[a-z][a-z0-9_]*(?:\\.[0-9]{{1,18}}\\.[a-z][a-z0-9_]*)?}}/{{name}}",
        {"GET": uploads.show},
    ),
    "record.trail": (f"{_RECORD}/trail", {"GET": trail.show}),
    "record.print": (f"{_RECORD}/print/{{document}}", {"GET": actions.print_one}),
    "record": (_RECORD, {"GET": forms.show, "POST": forms.save}),
    "list": (_MODEL, {"GET": lists.show, "POST": lists.post}),
}
