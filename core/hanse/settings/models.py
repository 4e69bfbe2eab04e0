"""What a company sets about Hanse itself."""

from __future__ import annotations

from hanse.i18n import _
from hanse.models import Check, Mapped, Section, Settings, number


class GeneralSettings(
    Settings,
    section=Section(
        _("General"),
        help=_("What holds for every addon. What holds for the whole installation stands in config.ini."),
        icon="building",
        order=0,
    ),
):
    """Settings of the kernel."""

    upload_mb: Mapped[int | None] = number(
        _("Largest file"), unit="MB", help=_("Of files that people attach. Empty: as large as the installation allows.")
    )
    job_days: Mapped[int] = number(
        _("Keep finished jobs for"),
        unit=_("days"),
        default=30,
        help=_(
            "What was done in the background is forgotten after that; what failed stays until somebody looks at it."
        ),
    )

    __rules__ = [
        Check("upload_mb", "upload_mb > 0", error=_("The largest file must be 1 MB or more.")),
        Check("job_days", "job_days BETWEEN 1 AND 3650", error=_("Keep finished jobs for 1 to 3,650 days.")),
    ]
