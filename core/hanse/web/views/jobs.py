"""What a person has asked for in the background: how far it is, and what it left."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from hanse.errors import NotFound
from hanse.i18n import _, format_moment
from hanse.jobs import JobStatus, jobs_of, progress_of
from hanse.jobs.models import JobState
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.belongings import send_file

PATH = "/core/jobs"
_STATES = {JobState.DONE: "done", JobState.DEAD: "failed", JobState.SENT: "running"}
_WAITING = "waiting"


def show(request: WebRequest) -> Response:
    """Show the latest jobs; with ``job`` how far one is, as JSON; with ``file`` send what one left."""
    asked = {name: int(value) for name, value in request.GET.items() if name in ("job", "file") and _is_id(value)}
    if "file" in asked:
        return _download(request, asked["file"])
    if "job" in asked:
        return Response(json_body=_progress(request, progress_of(request.ctx, asked["job"])))
    jobs = [_entry(request, job) for job in jobs_of(request.ctx)]
    return render(request, "jobs.jinja2", page_of(request, _("My jobs")), jobs=jobs)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _progress(request: WebRequest, job: JobStatus) -> dict[str, Any]:
    return {
        "done": job.done,
        "total": job.total or 0,
        "message": job.message or str(job.label),
        "state": _STATES.get(job.state, _WAITING),
        "url": _result_url(request, job),
    }


def _entry(request: WebRequest, job: JobStatus) -> dict[str, Any]:
    """Give what the page shows of a job, besides its progress what it is called and when it was asked for."""
    return _progress(request, job) | {
        "label": job.label,
        "when": format_moment(job.created_at, request.ctx.company.zone),
        "progress_url": request.to(PATH, job=str(job.id)),
        "result": job.result.name if job.result is not None else "",
    }


def _result_url(request: WebRequest, job: JobStatus) -> str:
    if job.result is None:
        return ""
    if job.result.url is not None:
        return request.to(job.result.url) if job.result.url.startswith("/") else job.result.url
    return request.to(PATH, file=str(job.id))


def _download(request: WebRequest, job: int) -> Response:
    """Send the file that a job left, to whoever may see the job.

    :raises NotFound: there is none
    """
    result = progress_of(request.ctx, job).result
    if result is None or result.key is None:
        raise NotFound(_("The file is no longer there."))
    return send_file(request, result.key, result.name, result.media_type)
