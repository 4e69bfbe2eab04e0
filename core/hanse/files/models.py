"""What people have uploaded and no record names yet."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hanse.directory.models import User
from hanse.i18n import _
from hanse.models import Mapped, Model, StoredFile, Unique, file, link, moment


class Upload(Model, shared=True):
    """A file somebody has uploaded for a field; it belongs to them alone until they save a record that names it."""

    __audited__ = False
    __general__ = False
    __tablename__ = "core_upload"
    __display__ = ("file",)
    user: Mapped[User] = link(_("User"), ondelete="CASCADE", index=False)
    file: Mapped[StoredFile] = file(_("File"))
    at: Mapped[datetime] = moment(_("When"), index=True)

    __rules__ = [Unique("user", "file", error=_("This file was uploaded already."))]

    if TYPE_CHECKING:
        user_id: Mapped[int]


__all__ = ["Upload"]
