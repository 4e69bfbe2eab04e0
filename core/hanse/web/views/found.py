"""What the address of a request means: the screen, the record."""

from __future__ import annotations

from hanse.errors import NotFound
from hanse.i18n import _
from hanse.models import Model
from hanse.screens import Screen, screen_named
from hanse.security.permissions import verb
from hanse.web.request import WebRequest


def screen_for(request: WebRequest) -> Screen:
    """Give the screen a request is about.

    :raises NotFound: there is none, its addon is not seen here, or the person may not read its records
    """
    name = f"{request.matchdict['key']}.{request.matchdict['model']}"
    screen = screen_named(name)
    ctx = request.ctx
    if (
        screen is None
        or not {screen.addon, screen.model.__addon__} <= ctx.seen
        or not ctx.may(verb(screen.model, "read"))
    ):
        raise NotFound(_("There is no such page, or it is not for you."))
    return screen


def record_for(request: WebRequest, screen: Screen) -> Model:
    """Give the record a request is about.

    :raises NotFound: there is none, or not for this person
    """
    return record_of(request, screen, int(request.matchdict["id"]))


def record_of(request: WebRequest, screen: Screen, record: int) -> Model:
    """Give a record by its id, as far as the person may see it.

    :raises NotFound: there is none, or not for this person
    """
    if record < 2**63:
        for one in request.ctx.visible(screen.model, screen.model.id == record):
            return one
    raise NotFound(_("This record is not there, or not for you."))
