"""What can go wrong while printing."""

from hanse.errors import HanseError


class DocumentError(HanseError):
    """A document could not be made; the message says what is missing or refused and what to do."""
