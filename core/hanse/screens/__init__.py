"""Screens: list, form and search of a model, declared in Python and drawn by one set of templates."""

from hanse.screens.parts import (
    After, Board, Computed, Filter, Lines, Offers, Row, ScreenError, Shown, Tab, Through, Virtual,
)
from hanse.screens.reports import Given, Parameter, Reading, Report, ReportColumn, ReportRow, all_reports
from hanse.screens.printing import Document, Printable
from hanse.screens.screen import (
    Column, MenuSection, Screen, all_screens, menu_section, screen_named, screen_of, sections,
)

__all__ = [
    "After", "Board", "Column", "Computed", "Document", "Filter", "Given", "Lines", "MenuSection", "Offers", "Parameter", "Printable", "Reading", "Report",
    "ReportColumn", "ReportRow", "Row", "Screen", "ScreenError", "Shown", "Tab", "Through", "Virtual", "all_reports", "all_screens",
    "menu_section", "screen_named", "screen_of", "sections",
]
