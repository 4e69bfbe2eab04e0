"""The units that come with Hanse, stored in English and read in the reader's language.

Sizes: the International System of Units; NIST Handbook 44, appendix C for pounds, ounces, gallons, inches and feet,
exact by definition; the State Council's order of 1984 on legal units for 斤, 两, 尺, 亩.  Codes: UN/ECE
Recommendation 20.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hanse.i18n import Label, _, current_locale, translate

DOMAIN = "hanse_products"


@dataclass(frozen=True, slots=True)
class Standard:
    """A unit that comes with Hanse.

    :ivar ratio: base units of its group in one of it
    """

    name: Label
    symbol: Label
    code: str | None
    ratio: Fraction
    step: Decimal


def _unit(name: Label, symbol: Label, code: str | None, ratio: str = "1", step: str = "1") -> Standard:
    return Standard(name, symbol, code, Fraction(ratio), Decimal(step))


#: Symbol of the unit by which products are counted unless a company says otherwise.
PIECE = "pcs"
#: Units by the name of their group; the first of each is its base unit.
STANDARD: tuple[tuple[Label, tuple[Standard, ...]], ...] = (
    (
        _("Pieces"),
        (
            _unit(_("Piece"), _("pcs"), "C62"),
            _unit(_("Pair"), _("pair"), "PR", "2"),
            _unit(_("Dozen"), _("dozen"), "DZN", "12"),
        ),
    ),
    (
        _("Weight"),
        (
            _unit(_("Kilogram"), "kg", "KGM", "1", "0.001"),
            _unit(_("Gram"), "g", "GRM", "1/1000", "0.1"),
            _unit(_("Milligram"), "mg", "MGM", "1/1000000"),
            _unit(_("Tonne"), "t", "TNE", "1000", "0.001"),
            _unit(_("Jin"), _("jin"), None, "1/2", "0.01"),
            _unit(_("Liang"), _("liang"), None, "1/20", "0.1"),
            _unit(_("Pound"), "lb", "LBR", "45359237/100000000", "0.001"),
            _unit(_("Ounce"), "oz", "ONZ", "45359237/1600000000", "0.01"),
        ),
    ),
    (
        _("Volume"),
        (
            _unit(_("Litre"), "L", "LTR", "1", "0.001"),
            _unit(_("Millilitre"), "mL", "MLT", "1/1000", "0.1"),
            _unit(_("Cubic metre"), "m³", "MTQ", "1000", "0.001"),
            _unit(_("US gallon"), "gal", "GLL", "3785411784/1000000000", "0.001"),
            _unit(_("US fluid ounce"), "fl oz", "OZA", "3785411784/128000000000", "0.01"),
        ),
    ),
    (
        _("Length"),
        (
            _unit(_("Metre"), "m", "MTR", "1", "0.001"),
            _unit(_("Centimetre"), "cm", "CMT", "1/100", "0.1"),
            _unit(_("Millimetre"), "mm", "MMT", "1/1000"),
            _unit(_("Kilometre"), "km", "KMT", "1000", "0.001"),
            _unit(_("Chi"), _("chi"), None, "1/3", "0.01"),
            _unit(_("Inch"), "in", "INH", "254/10000", "0.01"),
            _unit(_("Foot"), "ft", "FOT", "3048/10000", "0.01"),
        ),
    ),
    (
        _("Area"),
        (
            _unit(_("Square metre"), "m²", "MTK", "1", "0.001"),
            _unit(_("Mu"), _("mu"), None, "2000/3", "0.001"),
            _unit(_("Square foot"), "ft²", "FTK", "9290304/100000000", "0.01"),
        ),
    ),
    (
        _("Time"),
        (
            _unit(_("Hour"), "h", "HUR", "1", "0.01"),
            _unit(_("Minute"), "min", "MIN", "1/60"),
            _unit(_("Day"), _("day"), "DAY", "24", "0.01"),
        ),
    ),
)


def english(label: Label) -> str:
    """Give a name as it is stored."""
    return label if isinstance(label, str) else label.message


def _known() -> tuple[frozenset[str], frozenset[str]]:
    units = [one for _group, units in STANDARD for one in units]
    names = {english(group) for group, _units in STANDARD} | {english(one.name) for one in units}
    return frozenset(names), frozenset(english(one.symbol) for one in units if not isinstance(one.symbol, str))


_NAMES, _SYMBOLS = _known()


def name_of(stored: str) -> str:
    """Write the name of a unit or group in the reader's language; one of somebody's own stays."""
    return translate(stored, DOMAIN, current_locale()) if stored in _NAMES else stored


def symbol_of(stored: str) -> str:
    """Write the symbol of a unit in the reader's language; one of somebody's own stays."""
    return translate(stored, DOMAIN, current_locale()) if stored in _SYMBOLS else stored


def names_called(words: str) -> list[str]:
    """Give the stored names that have the words in the reader's language."""
    return [one for one in sorted(_NAMES) if words.lower() in name_of(one).lower()]


def symbols_called(words: str) -> list[str]:
    """Give the stored symbols that are the words in the reader's language."""
    return [one for one in sorted(_SYMBOLS) if words.lower() == symbol_of(one).lower()]
