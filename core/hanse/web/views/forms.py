"""Forms: a record to read, to write, to make."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from sqlalchemy import select

from hanse.actions import Action, Outcome, Records, find_action
from hanse.addons import installed
from hanse.addons.hooks import Caution
from hanse.audit.models import AuditEntry
from hanse.directory.models import User
from hanse.errors import BusinessError, Forbidden, NotFound, Stale
from hanse.i18n import _, format_moment
from hanse.life.archive import is_archived
from hanse.life.merged import survivors
from hanse.models import Kind, Model, StoredFile, link_id
from hanse.screens import Screen, screen_named
from hanse.screens.drawing import Sheet, draw
from hanse.screens.formats import template_kind
from hanse.screens.forms import (
    Cell,
    Draft,
    LineCells,
    Sent,
    draft_of_record,
    first_draft,
    lines_are_typed,
    read_form,
    shown_fields,
    shown_lines,
    typed_cells,
)
from hanse.security import sessions
from hanse.security.clauses import visible_clause
from hanse.security.permissions import model_name, verb
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.actions import COPIED, form_actions, run_here
from hanse.web.views.belongings import attachments_of, timeline_of
from hanse.web.views.found import record_for, screen_for
from hanse.web.views.lists import may_create
from hanse.web.views.uploads import with_uploads
from hanse.web.views.work import beside, with_closed
from hanse.work.following import follow_created
from hanse.work.settings import Wishes

FORM = "record-form"
Values = dict[str, Any]


@dataclass
class Editor:
    """What a person can type on the form of a screen."""

    request: WebRequest
    screen: Screen
    record: Model | None
    cells: tuple[Cell, ...]
    lines: tuple[LineCells, ...]
    fixed: bool

    @classmethod
    def open(cls, request: WebRequest, screen: Screen, record: Model | None) -> Editor:
        """Find out what can be typed: nothing where the record, its state or the person's rights stand against it."""
        ctx = request.ctx
        fixed = not (may_create(request, screen) if record is None else may_change(request, screen, record))
        cells = () if fixed else typed_cells(ctx, screen)
        lines = () if fixed else tuple(one for one in shown_lines(ctx, screen) if lines_are_typed(ctx, one))
        return cls(request, screen, record, cells, lines, fixed)

    def stored(self) -> Draft:
        """Give the form as it is stored, also what cannot be typed."""
        assert self.record is not None
        ctx = self.request.ctx
        fields = [Cell.of(field) for field in shown_fields(ctx, self.screen)]
        return draft_of_record(ctx, self.record, fields, shown_lines(ctx, self.screen))

    def typed_part(self, draft: Draft) -> Draft:
        """Give of a draft only what can be typed."""
        names = {cell.name for cell in self.cells}
        return Draft(
            {name: value for name, value in draft.values.items() if name in names},
            {one.name: draft.lines[one.name] for one in self.lines},
        )

    def read(self) -> Sent:
        """Read what was sent."""
        post, refused = with_uploads(self.request) if self.takes_files else (self.request.POST, {})
        sent = read_form(self.request.ctx, post, self.cells, self.lines)
        for name, message in refused.items():
            sent.errors[place_in(sent, name)] = message
        return sent

    @property
    def takes_files(self) -> bool:
        """Whether files can be put into the form."""
        cells = (*self.cells, *(cell for one in self.lines for cell in one.cells))
        return any(cell.kind is Kind.FILE for cell in cells)


def place_in(sent: Sent, control: str) -> str:
    """Give the place of a control as errors name it: of ``pages-3-scan`` that is ``pages.0.scan`` in the first line."""
    name, _dash, rest = control.partition("-")
    index, _dash, column = rest.partition("-")
    at = next((at for at, line in enumerate(sent.draft.lines.get(name, [])) if str(line.index) == index), None)
    return control if at is None else f"{name}.{at}.{column}"


def may_change(request: WebRequest, screen: Screen, record: Model) -> bool:
    """Tell whether this person may change this record by hand now."""
    ctx, model = request.ctx, screen.model
    update = find_action(verb(model, "update"))
    if update is None or screen.readonly or update.addon not in ctx.seen or not ctx.may(update.permission):
        return False
    if not model.__shared__ and record.company_id != ctx.company.id:
        return False
    if screen.editable is not None and not screen.editable(record):
        return False
    if ctx.grants.scopes(update.permission) >= ctx.grants.scopes(verb(model, "read")):
        return True
    return (
        ctx.session.scalar(select(model.id).where(model.id == record.id, visible_clause(ctx, model, update.permission)))
        is not None
    )


# --- reading ----------------------------------------------------------------------------------------------------------


def new(request: WebRequest) -> Response:
    """Show an empty form; ``?field=value`` fills it, ``?like=7`` with the values of another record."""
    screen = screen_for(request)
    editor = Editor.open(request, screen, None)
    if editor.fixed:
        raise Forbidden(_("You may not add records here."))
    given = {str(name): str(value) for name, value in request.GET.items()}
    return _answer(
        editor,
        first_draft(request.ctx, screen, editor.cells, editor.lines, given, _begun(request, screen, given)),
        hidden=[{"name": "key", "value": secrets.token_urlsafe(18)}],
    )


def _begun(request: WebRequest, screen: Screen, given: Mapping[str, str]) -> Any:
    """Give what a new record begins with: another one that is copied, or what the screen finds in the address."""
    like = given.get(COPIED, "")
    if screen.anew is not None and like.isdigit() and int(like) < 2**63:
        found = request.ctx.visible(screen.model, screen.model.id == int(like))
        if not found:
            raise NotFound(_("There is no such page, or it is not for you."))
        return found.one()
    return screen.begins(request.ctx, given) if screen.begins is not None else None


def show(request: WebRequest) -> Response:
    """Show a record."""
    screen = screen_for(request)
    record = record_for(request, screen)
    if is_archived(record) and "as-it-was" not in request.GET:
        into = survivors(request.ctx, screen.model, [record.id]).get(record.id)
        if into is not None:
            request.say(_("“%(name)s” was merged into this record.", name=record.display_name()), "info")
            return HTTPSeeOther(request.to(f"{screen.path}/{into}"))
    if screen.leads_to is not None:
        return HTTPSeeOther(request.to(screen.leads_to(record)))
    editor = Editor.open(request, screen, record)
    return _answer(editor, editor.stored())


def _answer(
    editor: Editor,
    draft: Draft,
    *,
    errors: Mapping[str, str] | None = None,
    general: Sequence[str] = (),
    status: int = 200,
    hidden: Sequence[Mapping[str, Any]] = (),
    stale: Values | None = None,
    notices: Sequence[Values] = (),
    base: Mapping[str, str] | None = None,
) -> Response:
    """Draw a form, with what is wrong beside what was typed."""
    request, screen, record = editor.request, editor.screen, editor.record
    sheet = Sheet(request.ctx, screen, request.to, record, draft, editor.fixed, dict(errors or {}))
    title = (
        screen.singular if record is None else (screen.title_of(record) if screen.title_of else record.display_name())
    )
    form = draw(sheet) | {
        "action": request.to(f"{screen.path}/{'new' if record is None else record.id}"),
        "title": _("New: %(what)s", what=screen.singular) if record is None else title,
        "readonly": editor.fixed,
        "multipart": editor.takes_files,
        "dirty": bool(errors or general or notices or stale),
        "hidden": [*hidden, *_hidden(editor, base)],
        "states": _states(screen, record),
        "errors": [{"message": text} for text in general] + _error_list(sheet),
        "notices": [*notices, *(_about_archive(request, screen, record) if record is not None else ())],
        "stale": stale,
    }
    if record is not None and is_archived(record):
        form |= {"archived": True, "state": {"text": _("Archived"), "tone": ""}}
    if record is not None and (screen.story is not None or find_action(verb(screen.model, "comment")) is not None):
        form |= _beside(request, screen, record)
    if record is not None and screen.story is None:
        form["trail_url"] = request.to(f"{screen.path}/{record.id}/trail")
    crumbs = [{"title": screen.title, "url": request.to(screen.path)}]
    page = page_of(request, _("New") if record is None else title, breadcrumbs=crumbs, actions=_actions(editor))
    page["star"] = form.get("star")
    dialogs = [] if record is None else _dialogs(editor)
    return render(request, "form.jinja2", page, status=status, form=form, dialogs=dialogs)


def _about_archive(request: WebRequest, screen: Screen, record: Model) -> list[Values]:
    """Say that a record is archived, and what that means."""
    if not is_archived(record):
        return []
    restore = find_action(verb(screen.model, "restore"))
    message = _("This is archived: it stays readable wherever it is named, but nothing new can choose it.")
    if restore is not None and restore.addon in request.ctx.seen and request.ctx.may(restore.permission):
        message = _(
            "This is archived: it stays readable wherever it is named, but nothing new can choose it. "
            "“Restore” brings it back."
        )
    return [{"tone": "info", "text": message}]


def _beside(request: WebRequest, screen: Screen, record: Model) -> Values:
    """Give what belongs to a record besides its fields; what only tells of others has no work of its own."""
    if screen.story is not None:
        return {"timeline": timeline_of(request, screen, record), "attachments": None}
    around = beside(request, screen, record)
    timeline = timeline_of(request, screen, record)
    timeline["follow"] = around["follow"]
    timeline["entries"] = with_closed(timeline["entries"], around["closed"])
    return {
        "timeline": timeline,
        "attachments": attachments_of(request, screen, record),
        "activities": around["activities"],
        "star": around["star"],
    }


def _hidden(editor: Editor, base: Mapping[str, str] | None) -> list[Values]:
    if editor.record is None or editor.fixed:
        return []
    known = base if base is not None else editor.typed_part(editor.stored()).digests()
    return [{"name": "rev", "value": editor.record.rev}, {"name": "base", "value": json.dumps(known)}]


def _states(screen: Screen, record: Model | None) -> list[Values]:
    """Show where a record stands, if its states are few."""
    field = screen.model.__fields__.get("state")
    if record is None or field is None or field.choices is None:
        return []
    now = getattr(record, field.name)
    members = list(field.choices)
    if len(members) > 5:
        return [{"label": now.label, "current": True, "tone": screen.tones.get(now, "")}]
    at = members.index(now)
    return [
        {
            "label": one.label,
            "current": one is now,
            "done": place < at,
            "tone": screen.tones.get(one, "") if one is now else "",
        }
        for place, one in enumerate(members)
    ]


def _error_list(sheet: Sheet) -> list[Values]:
    """Say what is wrong, with links to the controls."""
    return [_error(sheet, place, text) for place, text in sheet.errors.items()]


def _error(sheet: Sheet, place: str, text: str) -> Values:
    name, _dot, rest = place.partition(".")
    if not rest:
        field = sheet.screen.model.__fields__.get(name)
        return {
            "field": f"f-{name}" if name in sheet.cells else None,
            "label": field.label if field else "",
            "message": text,
        }
    position, _dot, column = rest.partition(".")
    lines = sheet.draft.lines.get(name, [])
    at = int(position) if position.isdigit() else -1
    target = f"{name}-{lines[at].index}-{column}" if 0 <= at < len(lines) and column else None
    return {"field": target, "label": _("Line %(line)s", line=at + 1), "message": text}


def _actions(editor: Editor) -> list[Values]:
    entries = form_actions(editor.request, editor.screen, editor.record, typed=not editor.fixed)
    if editor.record is None and not editor.fixed:
        entries.append({"label": _("Create and add another"), "submit": FORM, "name": "action", "value": "another"})
    elif may_create(editor.request, editor.screen):
        new = editor.request.to(f"{editor.screen.path}/new")
        entries.append({"label": _("New"), "url": new, "icon": "plus", "quiet": True, "menu": True, "shortcut": "c"})
    if not editor.fixed:
        label = _("Create") if editor.record is None else _("Save")
        entries.append(
            {
                "label": label,
                "submit": FORM,
                "name": "action",
                "value": "save",
                "primary": True,
                "icon": "device-floppy",
            }
        )
    return entries


def _dialogs(editor: Editor) -> list[Values]:
    from hanse.web.views.actions import dialogs_for

    assert editor.record is not None
    return dialogs_for(editor.request, editor.screen, editor.record)


# --- writing ----------------------------------------------------------------------------------------------------------


def create(request: WebRequest) -> Response:
    """Make a record of what was typed; the same form sent twice makes one."""
    screen = screen_for(request)
    editor = Editor.open(request, screen, None)
    if editor.fixed:
        raise Forbidden(_("You may not add records here."))
    sent = editor.read()
    key = str(request.POST.get("key", ""))[:64] or secrets.token_urlsafe(18)
    hidden = [{"name": "key", "value": key}]
    action = find_action(verb(screen.model, "create"))
    assert action is not None
    if sent.errors:
        return _answer(editor, sent.draft, errors=sent.errors, status=422, hidden=hidden)
    made = sessions.claim_submission(request.db, key, request.user.id, request.now)
    if made is not None:
        return HTTPSeeOther(made or request.to(screen.path))
    cautions = _cautions(request, action, None, {"values": [sent.values]})
    if cautions:
        return _answer(
            editor, sent.draft, status=422, hidden=[*hidden, {"name": "confirmed", "value": "1"}], notices=cautions
        )
    try:
        outcome = run_here(request, action, None, values=[sent.values])
    except BusinessError as error:
        errors, general = places_of(error, editor)
        return _answer(editor, sent.draft, errors=errors, general=general, status=422, hidden=hidden)
    target = request.to(f"{screen.path}/{outcome.id}")
    if screen.story is None:
        follow_created(request.ctx, screen.name, outcome.id, Wishes.read(request.logged_in.preferences))
    sessions.settle_submission(request.db, key, target)
    request.say(_("Created."))
    if request.POST.get("action") == "another":
        carried = [(field.name, sent.draft.values.get(field.name, "")) for field in screen.carries]
        return HTTPSeeOther(request.to(f"{screen.path}/new", carried))
    return HTTPSeeOther(target)


def save(request: WebRequest) -> Response:
    """Save what was typed, and do what the pressed button says beyond that."""
    screen = screen_for(request)
    record = record_for(request, screen)
    editor = Editor.open(request, screen, record)
    if editor.fixed:
        raise Forbidden(_("This record can no longer be changed. Reload the page to see why."))
    sent = editor.read()
    _keep_theirs(editor, sent)
    base = _base(request)
    if sent.errors:
        return _answer(editor, sent.draft, errors=sent.errors, status=422, base=base)
    wanted = str(request.POST.get("action", "save"))
    try:
        _update(request, screen, record, sent)
    except Stale:
        return _answer_stale(editor, sent, base)
    except _Warned as warned:
        return _answer(
            editor,
            sent.draft,
            status=422,
            hidden=[{"name": "confirmed", "value": "1"}],
            notices=warned.notices,
            base=base,
        )
    except BusinessError as error:
        errors, general = places_of(error, editor)
        return _answer(editor, sent.draft, errors=errors, general=general, status=422, base=base)
    if wanted != "save":
        return _then(request, editor, wanted)
    request.say(_("Saved."))
    return HTTPSeeOther(request.to(f"{screen.path}/{record.id}"))


class _Warned(Exception):
    """An addon has something to say first."""

    def __init__(self, notices: list[Values]) -> None:
        super().__init__()
        self.notices = notices


def _update(request: WebRequest, screen: Screen, record: Model, sent: Sent) -> None:
    action = find_action(verb(screen.model, "update"))
    assert action is not None
    given = str((request.POST.getall("rev") or ["0"])[-1])
    cautions = _cautions(request, action, [record.id], {"values": sent.values})
    if cautions:
        raise _Warned(cautions)
    run_here(request, action, [record.id], revs=[int(given) if given.isdigit() else 0], values=sent.values)


def _then(request: WebRequest, editor: Editor, name: str) -> Response:
    """Do the action whose button was pressed, after saving."""
    screen, record = editor.screen, editor.record
    assert record is not None
    action = find_action(f"{model_name(screen.model)}.{name}")
    if action is None:
        raise Forbidden(_("There is no such action."))
    try:
        outcome = run_here(request, action, [record.id])
    except BusinessError as error:
        request.say(_("Saved. But: %(reason)s", reason=str(error)), "bad")
        return HTTPSeeOther(request.to(f"{screen.path}/{record.id}"))
    tell(request, action, outcome)
    return HTTPSeeOther(request.to(f"{screen.path}/{record.id}" if not action.deletes else screen.path))


def tell(request: WebRequest, action: Action[Any], outcome: Outcome) -> None:
    """Say what an action has done."""
    if outcome.held:
        request.say(_("%(action)s: waits for approval.", action=action.label), "info")
    elif action.done is not None:
        done: Any = action.done
        request.say(str(done % {"count": len(outcome.done)}))
    else:
        request.say(_("%(action)s: done.", action=action.label))


def places_of(error: BusinessError, editor: Editor) -> tuple[dict[str, str], list[str]]:
    """Sort errors: those of a field of the form, and those of the whole."""
    errors: dict[str, str] = {}
    general: list[str] = []
    known = {cell.name for cell in editor.cells} | {one.name for one in editor.lines}
    for one in error.each():
        place = one.field or ""
        first, _dot, rest = place.partition(".")
        if first.isdigit() and rest:
            place, first = rest, rest.partition(".")[0]
        if first in known:
            errors.setdefault(place, str(one))
        else:
            general.append(str(one))
    return errors, general


def _cautions(
    request: WebRequest, action: Action[Any], ids: Sequence[int] | None, params: Mapping[str, Any]
) -> list[Values]:
    """Ask the addons what the person should know first; once the person has confirmed, nobody is asked."""
    if request.POST.get("confirmed") == "1":
        return []
    ctx = request.ctx
    records: Records[Any] = Records(ctx.session, action.model, ids=list(ids or ()))
    found: list[Caution] = [
        one
        for answer in installed().call("warn", ctx.enabled, ctx=ctx, action=action, records=records, params=params)
        for one in answer
    ]
    notices = [_notice(request, one, list(ids or ())) for one in found]
    if notices:
        notices.append({"tone": "info", "text": _("Nothing is saved yet. Save again if it is right nevertheless.")})
    return notices


def _notice(request: WebRequest, caution: Caution, own: Sequence[int]) -> Values:
    notice: Values = {"tone": "warn", "text": caution.message}
    if caution.record is not None:
        name, record = caution.record
        screen = screen_named(name)
        if screen is not None:
            notice |= {"url": request.to(f"{screen.path}/{record}"), "link": _("Look at it")}
            merge = find_action(f"{name}.merge")
            if caution.same and own and merge is not None and request.ctx.may(merge.permission):
                ids = [("ids", str(one)) for one in (*own, record)]
                notice |= {"url2": request.to(f"{screen.path}/-/merge", ids), "link2": _("Merge them")}
    return notice


# --- stale forms ------------------------------------------------------------------------------------------------------


def _base(request: WebRequest) -> dict[str, str]:
    """Give the hashes of the values that the form began with."""
    try:
        found: Any = json.loads(str(request.POST.get("base", "")))
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    pairs = cast("Iterable[tuple[object, object]]", found.items())
    return {str(name): str(value) for name, value in pairs}


def _keep_theirs(editor: Editor, sent: Sent) -> None:
    """Where the person chose the other's value, leave the field as it is stored."""
    post = editor.request.POST
    names = [name for name in [*sent.values, *sent.errors] if post.get(f"keep-{name}") == "theirs"]
    if not names:
        return
    stored = editor.stored()
    for name in names:
        sent.values.pop(name, None)
        for place in [place for place in sent.errors if place.partition(".")[0] == name]:
            del sent.errors[place]
        if name in sent.draft.values:
            sent.draft.values[name] = stored.values[name]
        elif name in sent.draft.lines:
            sent.draft.lines[name] = stored.lines[name]


def _answer_stale(editor: Editor, sent: Sent, base: Mapping[str, str]) -> Response:
    """Show what the other person changed beside what was typed; what only they changed is taken over."""
    request, record = editor.request, editor.record
    assert record is not None
    request.db.refresh(record)
    stored = editor.typed_part(editor.stored())
    theirs, yours = stored.digests(), sent.draft.digests()
    rows: list[Values] = []
    for name, now in theirs.items():
        if now == yours.get(name) or now == base.get(name):
            continue
        untouched = yours.get(name) == base.get(name)
        rows.append(_difference(editor, name, sent.draft, stored, keep="theirs" if untouched else "yours"))
    who = _last_change(request, record)
    dialog = {
        "user": who[0],
        "when": who[1],
        "form": FORM,
        "rev": record.rev,
        "rows": rows,
        "reload_url": request.to(f"{editor.screen.path}/{record.id}"),
    }
    return _answer(editor, sent.draft, status=409, stale=dialog, base=base)


def _difference(editor: Editor, name: str, yours: Draft, theirs: Draft, *, keep: str) -> Values:
    field = editor.screen.model.__fields__[name]
    sheets = [
        Sheet(editor.request.ctx, editor.screen, editor.request.to, editor.record, draft, fixed=False)
        for draft in (yours, theirs)
    ]
    texts = [_value_text(sheet, name) for sheet in sheets]
    return {"name": name, "label": field.label, "yours": texts[0], "theirs": texts[1], "keep": keep}


def _value_text(sheet: Sheet, name: str) -> str:
    if name in sheet.draft.lines:
        lines = sheet.draft.lines[name]
        return "; ".join(" ".join(value for value in line.values.values() if value) for line in lines)[:300]
    value = sheet.draft.values.get(name, "")
    field = sheet.screen.model.__fields__[name]
    if field.kind is Kind.LINK:
        return sheet.name_of(field, value)
    if field.choices is not None and value:
        return next((str(member.label) for member in field.choices if member.value == value), value)
    if field.kind is Kind.FILE and value:
        return StoredFile(value).name
    if field.kind is Kind.FLAG:
        return str(_("Yes") if value else _("No"))
    return value


def _last_change(request: WebRequest, record: Model) -> tuple[str, str]:
    row = request.db.execute(
        select(User.name, AuditEntry.at)
        .join(User, User.id == link_id(AuditEntry.user))
        .where(AuditEntry.model == model_name(type(record)), AuditEntry.record == record.id)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return str(_("Somebody")), ""
    return row[0], format_moment(row[1], request.ctx.company.zone)


__all__ = ["create", "new", "save", "show", "template_kind"]
