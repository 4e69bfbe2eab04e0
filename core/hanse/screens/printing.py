"""Printables of a screen: Jinja and print CSS through WeasyPrint, one record to a page or more."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import quote

from hanse.errors import NotFound
from hanse.i18n import Label, _, current_locale, format_day, format_decimal, format_money, translate
from hanse.models import Model
from hanse.paper import Head, PaperKind, register_paper

if TYPE_CHECKING:
    from jinja2 import Environment
    from pyramid.response import Response

    from hanse.actions import Context
    from hanse.files import FileStore
    from hanse.screens.screen import Screen
    from hanse.web.request import WebRequest

_SIZES = re.compile(r"[A-Za-z0-9. ]+")


class Printable(Protocol):
    """What ``Screen(documents=[…])`` takes: this class, or one of an addon's own with a faster path.

    It may also say for whom it is: ``addon``, the addon that must be seen, and ``permission``; and by ``is_page``
    that it leads to a page where more is chosen, which programs are not offered.
    """

    @property
    def name(self) -> str:
        """Its name in addresses."""
        ...

    @property
    def label(self) -> Label:
        """What stands on the button."""
        ...

    def answer(self, request: WebRequest, model: type[Model], ids: Sequence[int]) -> Response:
        """Send the document for some records, as far as the person may see them."""
        ...


@dataclass(frozen=True)
class Document:
    """A document of one template: ``Document(_("Loan slip"), "loan_slip.html", paper="A5 landscape")``.

    The template lies in the folder ``documents`` of the addon.  For each record it is drawn with ``record``, ``ctx``,
    ``company`` and ``_``; ``money``, ``number`` and ``day`` write values for the reader.

    :param paper: size and orientation as in CSS
    :param permission: needed to print; None: whoever sees the record
    :param head: how much of the letterhead stands on it, where a company has set nothing else
    :param reads: ``reads(ctx, record)`` gives the template more names, with what the record itself does not know
    """

    label: Label
    template: str
    paper: str
    permission: str | None
    reads: Callable[[Context, Any], Mapping[str, Any]] | None
    addon: str
    folder: Path
    paper_kind: PaperKind

    def __init__(
        self,
        label: Label,
        template: str,
        *,
        paper: str = "A4",
        permission: str | None = None,
        reads: Callable[[Context, Any], Mapping[str, Any]] | None = None,
        head: Head = "full",
    ) -> None:
        frame = sys._getframe(1).f_globals  # pyright: ignore[reportPrivateUsage]  it has no other name
        package = cast("str", frame["__name__"]).partition(".")[0]
        if not _SIZES.fullmatch(paper):
            raise ValueError(f"{paper!r} is no paper size such as 'A5 landscape'")
        values: dict[str, Any] = {
            "label": label,
            "template": template,
            "paper": paper,
            "permission": None if permission is None else str(permission),
            "reads": reads,
            "addon": package,
            "folder": Path(str(sys.modules[package].__file__)).parent / "documents",
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        kind = PaperKind(f"{package}.{self.name}", label, package, head=head)
        object.__setattr__(self, "paper_kind", register_paper(kind))

    @property
    def name(self) -> str:
        """Its name in addresses: the template's without its ending."""
        return self.template.partition(".")[0].replace("/", "-")

    def pdf(self, ctx: Context, records: Iterable[Model], files: FileStore | None = None) -> bytes:
        """Print records, each from a page of its own on, under the letterhead and with the seal of the company.

        :param files: where logo and seal are; None: neither is printed
        """
        from hanse.documents.weasy import render, template_environment
        from hanse.paper.heads import STYLE
        from hanse.paper.reading import letterhead

        head = letterhead(ctx, files, self.paper_kind)

        environment = template_environment(self.folder)
        _teach(environment, ctx, self.addon)
        template = environment.get_template(self.template)
        pages = [
            template.render(record=one, ctx=ctx, company=ctx.company, **(self.reads(ctx, one) if self.reads else {}))
            for one in records
        ]
        breaks = "section + section { break-before: page }"
        seal = f'<div style="text-align:right;padding-right:30mm">{head.seal_html()}</div>' if head.seal else ""
        body = "".join(f"<section>{head.html()}{one}{seal}</section>" for one in pages)
        language = current_locale().replace("_", "-")
        style = f"<style>@page {{ size: {self.paper} }} {breaks}{STYLE}</style>"
        return render(
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">{style}</head>'
            f"<body>{body}</body></html>",
            base=self.folder,
            resources=head.resources(),
        )

    def answer(self, request: WebRequest, model: type[Model], ids: Sequence[int]) -> Response:
        """Send the document for some records.

        :raises NotFound: none of them is there for this person
        """
        from pyramid.response import Response

        records = list(request.ctx.visible(model, model.id.in_(ids)))
        if not records:
            raise NotFound(_("There is nothing to print, or it is not for you."))
        response = Response(body=self.pdf(request.ctx, records, request.services.files), content_type="application/pdf")
        name = f"{self.label} {records[0].display_name()}" if len(records) == 1 else str(self.label)
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}.pdf"
        response.headers["Cache-Control"] = "private, no-store"
        return response


def _teach(environment: Environment, ctx: Context, domain: str) -> None:
    def say(message: str, **values: object) -> str:
        text = translate(message, domain, current_locale())
        return text % values if values else text

    def money(value: Any) -> str:
        return "" if value is None else format_money(value, ctx.company.currency, ctx.company.places)

    helpers: dict[str, Callable[..., str]] = {"_": say, "money": money, "number": format_decimal, "day": format_day}
    environment.globals.update(helpers)


def offered_documents(ctx: Context, screen: Screen) -> list[Printable]:
    """Give the documents of a screen that this person may print."""
    return [one for one in screen.documents if _is_offered(ctx, one)]


def offered_files(ctx: Context, screen: Screen) -> list[Printable]:
    """Give those that are files and not ways to a page: what programs may ask for."""
    return [one for one in offered_documents(ctx, screen) if not getattr(one, "is_page", False)]


def _is_offered(ctx: Context, document: Printable) -> bool:
    addon, permission = getattr(document, "addon", None), getattr(document, "permission", None)
    return (addon is None or addon in ctx.seen) and (permission is None or ctx.may(permission))
