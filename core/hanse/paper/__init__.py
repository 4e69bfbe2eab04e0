"""What stands on every sheet of a company: its letterhead and its seal, by kind of document.

An addon registers what it prints, ``register_paper(PaperKind("loans.slip", _("Loan slips"), "hanse_loans"))``, asks
``hanse.paper.reading.letterhead(ctx, files, kind)`` and puts what it gets on the sheet: as HTML, or stamped.
"""

from hanse.paper.heads import NO_LETTERHEAD, Head, Letterhead, Seal
from hanse.paper.kinds import PaperKind, paper_kinds, register_paper

__all__ = ["NO_LETTERHEAD", "Head", "Letterhead", "PaperKind", "Seal", "paper_kinds", "register_paper"]
