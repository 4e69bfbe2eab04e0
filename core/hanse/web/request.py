"""The request: who asks, for which company, in which transaction, in which language."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BufferedRandom
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from pyramid.request import Request
from sqlalchemy import text

from hanse.actions import Context, Identity, open_context
from hanse.actions.context import FIRST_COMPANY
from hanse.api.tokens import Bearer, find_token
from hanse.config import Settings
from hanse.database.session import Database
from hanse.errors import BusinessError, Forbidden
from hanse.files import FileStore
from hanse.i18n import LOCALES, _, negotiate
from hanse.logs import new_id
from hanse.security import sessions
from hanse.security.sessions import BrowserSession
from hanse.web.fragments import Fragments

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hanse.screens.filtering import Asked
    from hanse.signin.oidc import Client
    from hanse.web.views.saved_views import Opened

_NUMBER = re.compile(r"[\w.-]{8,64}", re.ASCII)
SESSION_COOKIE = "hz_session"
FORM_COOKIE = "hz_form"
LOCALE_COOKIE = "hz_locale"
DEVICE_COOKIE = "hz_device"
STEP_COOKIE = "hz_step"
SSO_COOKIE = "hz_sso"


class NotLoggedIn(BusinessError):
    """The page is for people who have signed in."""

    status = 401


class NoCompany(BusinessError):
    """There is no company yet, or none for this person."""

    status = 403


@dataclass
class Services:
    """What the application holds for all requests."""

    settings: Settings
    database: Database
    files: FileStore
    static: str
    fragments: Fragments
    #: of single sign-on, by name
    providers: Mapping[str, Client] = field(default_factory=dict[str, "Client"])


#: Where WebOb keeps a form that was read.
_PARSED = "webob._parsed_post_vars"


class State:
    """What one attempt at a request has found out; thrown away when the request is tried again."""

    def __init__(self) -> None:
        self.session: Session | None = None
        self.browser: BrowserSession | None = None
        self.looked = False
        self.bearer: Bearer | None = None
        self.ctx: Context | None = None
        self.companies: list[tuple[int, str]] | None = None
        self.messages: list[tuple[str, str]] = []
        self.form_token: str | None = None
        self.asked: dict[str, Asked] = {}
        self.views: dict[str, Opened] = {}


class WebRequest(Request):
    """A request with what our views need of it."""

    services: Services

    @property
    def state(self) -> State:
        """What this attempt has found out."""
        found = self.__dict__.get("_state")
        if found is None:
            found = self.__dict__["_state"] = State()
        return cast("State", found)

    def start_again(self) -> None:
        """Forget everything, before the request is tried once more."""
        for name in ("_state", "exception", "exc_info"):
            self.__dict__.pop(name, None)

    def close_files(self) -> None:
        """Close the temporary files into which a large body and large uploads were put, at the end of the request."""
        uploads = self.POST.values() if _PARSED in self.environ else ()
        for file in [self.environ.get("wsgi.input"), *(getattr(one, "file", None) for one in uploads)]:
            if isinstance(file, BufferedRandom):
                file.close()

    @property
    def settings(self) -> Settings:
        """The settings of the installation."""
        return self.services.settings

    @property
    def db(self) -> Session:
        """The database session of this request; its transaction ends with the request."""
        if self.state.session is None:
            self.state.session = self.services.database.session()
        return self.state.session

    @property
    def now(self) -> datetime:
        """This moment."""
        return sessions.utc_now()

    # --- where it comes from

    @property
    def number(self) -> str:
        """The number of this request in the log: the trusted proxy's, else one of ours."""
        found = self.__dict__.get("_number")
        if found is None:
            given = str(self.headers.get("X-Request-ID", ""))
            believed = self._from_trusted_proxy and _NUMBER.fullmatch(given)
            found = self.__dict__["_number"] = given if believed else new_id()
        return cast("str", found)

    @property
    def peer(self) -> str:
        """Address of the machine at the other end of the connection, a proxy's if there is one."""
        return str(self.environ.get("hanse.peer") or self.remote_addr or "")

    @property
    def _from_trusted_proxy(self) -> bool:
        return self.settings.trusted_proxy in ("*", self.peer)

    @property
    def from_this_machine(self) -> bool:
        """Tell whether a program of this machine asks, and not a proxy on it for somebody else."""
        forwarded = self.environ.get("hanse.forwarded", "X-Forwarded-For" in self.headers)
        try:
            return ip_address(self.peer).is_loopback and not forwarded
        except ValueError:
            return False

    # --- who

    @property
    def is_api(self) -> bool:
        """Tell whether a program asks."""
        return self.path_info.startswith("/api/")

    @property
    def secret(self) -> str | None:
        """The token that a program has sent, right or wrong; None: it has sent none."""
        scheme, _space, secret = self.headers.get("Authorization", "").partition(" ")
        return secret.strip() if self.is_api and scheme.lower() == "bearer" else None

    @property
    def browser(self) -> BrowserSession | None:
        """The session of the browser, if somebody is logged in."""
        if not self.state.looked:
            self.state.looked = True
            token = self.cookies.get(SESSION_COOKIE)
            if token:
                self.state.browser = sessions.find_session(self.db, token, self.now)
        return self.state.browser

    @property
    def logged_in(self) -> BrowserSession:
        """The session of the browser.

        :raises NotLoggedIn: nobody has signed in
        """
        if self.browser is None:
            raise NotLoggedIn(_("Please sign in."))
        return self.browser

    @property
    def user(self) -> Identity:
        """Who asks."""
        return self.logged_in.user

    @property
    def ctx(self) -> Context:
        """The Context of this request.

        :raises NotLoggedIn: nobody has signed in
        :raises NoCompany: the person works in no company
        """
        if self.state.ctx is None:
            self.state.ctx = self._open()
        return self.state.ctx

    def _open(self) -> Context:
        if self.secret is not None:
            return self._open_for_program(self.secret)
        browser = self.logged_in
        if self.is_api and (asked := self._asked_company()) is not None:
            return open_context(self.db, browser.user, asked, via="api")
        if browser.company_id is not None:
            try:
                return open_context(self.db, browser.user, browser.company_id, via="web")
            except Forbidden:
                pass  # the role there was taken away: another company, if there is one
        company = self.db.scalar(_FIRST_COMPANY, {"user": browser.user.id})
        if company is None:
            raise NoCompany(_("You have no role in any company. Ask an administrator for one."))
        sessions.choose_company(self.db, browser.id, company)
        return open_context(self.db, browser.user, company, via="web")

    def _open_for_program(self, secret: str) -> Context:
        bearer = find_token(self.db, secret, self.now)
        if bearer is None:
            raise NotLoggedIn(_("This token is unknown, has ended or was revoked."))
        self.state.bearer = bearer
        asked = self._asked_company()
        if None not in (asked, bearer.company_id) and asked != bearer.company_id:
            raise Forbidden(_("This token is for another company."))
        company = asked or bearer.usual
        if company is None:
            raise NoCompany(_("You have no role in any company. Ask an administrator for one."))
        ctx = open_context(self.db, bearer.user, company, via="api")
        ctx.grants = ctx.grants.within(bearer.permissions)
        return ctx

    def _asked_company(self) -> int | None:
        """Give the id that a program names in ``X-Company``."""
        text = self.headers.get("X-Company", "").strip()
        return int(text) if text.isdigit() and len(text) < 19 else None

    @property
    def companies(self) -> list[tuple[int, str]]:
        """The companies this person may work in."""
        if self.state.companies is None:
            found = self.db.connection().execute(_COMPANIES, {"user": self.user.id})
            self.state.companies = [(row[0], row[1]) for row in found]
        return self.state.companies

    # --- forms

    @property
    def csrf(self) -> str:
        """The token that forms of this browser carry."""
        if self.browser is not None:
            return self.browser.csrf
        if self.state.form_token is None:
            self.state.form_token = self.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
        return self.state.form_token

    def has_right_token(self) -> bool:
        """Tell whether a form that was sent carries this browser's token."""
        given = self.headers.get("X-CSRF-Token") or self.POST.get("csrf_token", "")
        expected = self.browser.csrf if self.browser else self.cookies.get(FORM_COOKIE, "")
        return isinstance(given, str) and sessions.same_token(expected, given)

    def say(self, message: object, tone: str = "ok") -> None:
        """Leave a message for the next page."""
        if self.browser is not None:
            sessions.add_message(self.db, self.browser.id, str(message), tone)

    # --- language and addresses

    @property
    def language(self) -> str:
        """The reader's locale: their own choice, the browser's, or the installation's."""
        chosen = (self.browser.user.locale if self.browser else None) or self.cookies.get(LOCALE_COOKIE)
        if chosen in LOCALES:
            return str(chosen)
        wanted = [str(tag).partition(";")[0].strip() for tag in self.headers.get("Accept-Language", "").split(",")]
        return negotiate([tag for tag in wanted if tag], self.settings.default_locale)

    @property
    def base(self) -> str:
        """The path Hanse lives under; empty at the root of a host."""
        return self.script_name.rstrip("/")

    def to(self, path: str, pairs: Iterable[tuple[str, str]] = (), **query: str) -> str:
        """Write the address of a page of ours."""
        everything = [*pairs, *query.items()]
        return f"{self.base}{path}{'?' + urlencode(everything) if everything else ''}"

    def static(self, path: str) -> str:
        """Write the address of a static file; it changes whenever a file does."""
        return f"{self.base}/static/{self.services.static}/{path}"

    @property
    def is_partial(self) -> bool:
        """Tell whether htmx asks for a part of a page."""
        return "HX-Request" in self.headers

    @property
    def wants_json(self) -> bool:
        """Tell whether a script asks, not a person."""
        return "application/json" in self.headers.get("Accept", "") and "text/html" not in self.headers.get(
            "Accept", ""
        )

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return self.remote_addr or ""

    def query(self) -> list[tuple[str, str]]:
        """Give the query as pairs."""
        return [(str(name), str(value)) for name, value in self.GET.items()]


_FIRST_COMPANY = text(FIRST_COMPANY.format(user=":user"))
_COMPANIES = text(
    "SELECT c.id, c.name FROM core_company c WHERE EXISTS (SELECT FROM core_user_role r WHERE r.user_id = :user "
    "AND (r.company_id IS NULL OR r.company_id = c.id)) ORDER BY c.name"
)

Values = dict[str, Any]
