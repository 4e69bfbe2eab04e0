"""Pre-printed voucher forms (套打): where a company has measured the blanks of its paper.

Forms of the shops differ by millimetres, so nothing is taken for granted: a person measures one sheet with a ruler.
The defaults are those of our own form of 240 x 140 mm.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Context
from hanse_cn.models import PreprintedSettings

if TYPE_CHECKING:
    from hanse_cn.forms.geometry import ColumnName, Geometry


@dataclass(frozen=True, slots=True)
class Measures:
    """What a company has measured, as :class:`hanse_cn.models.PreprintedSettings` names it; lengths in mm."""

    lines: int
    digit_cells: int
    lengths: tuple[tuple[str, Decimal], ...]

    def geometry(self) -> Geometry:
        """Give where things are printed."""
        from hanse.documents.stamp import millimetres
        from hanse_cn.forms.geometry import Geometry, Spots

        at = {name: millimetres(length) for name, length in self.lengths}
        own: list[tuple[ColumnName, float]] = [("summary", at["summary_width"]), ("account", at["account_width"])]
        if at["detail_width"]:
            own.append(("detail", at["detail_width"]))
        right = at["left_edge"] + sum(width for _name, width in own) + 2 * at["amount_width"] + at["mark_width"]
        return Geometry(
            name="overprint",
            width=at["paper_width"],
            height=at["paper_height"],
            sheet=(at["paper_width"], at["paper_height"]),
            slots=((0, 0),),
            left=at["left_edge"],
            right=right,
            title=12,
            subtitle=at["heading_middle"],
            top=at["first_line"],
            bottom=at["first_line"] + at["line_height"] * (self.lines + 1),
            footer=at["signatures_middle"],
            mark=at["mark_width"],
            pitch=at["amount_width"] / (self.digit_cells or 1),
            plain=at["amount_width"],
            digit_size=10,
            header=0,
            lines=self.lines,
            most=max(self.lines, 12),
            cells=self.digit_cells,
            spots=Spots(
                company=at["company_left"],
                date=at["date_middle"],
                number=at["number_right"],
                attachments=(at["attachments_middle"], at["attachments_down"]),
                words=at["words_left"],
                signatures=(
                    at["chief_left"],
                    at["poster_left"],
                    at["auditor_left"],
                    at["cashier_left"],
                    at["maker_left"],
                ),
            ),
            own=tuple(own),
        )


def measures(ctx: Context) -> Measures:
    """Give what the company has measured."""
    own = ctx.settings(PreprintedSettings)
    lengths = tuple((name, Decimal(getattr(own, name))) for name in PreprintedSettings.LENGTHS)
    return Measures(own.lines, own.digit_cells, lengths)


__all__ = ["Measures", "measures"]
