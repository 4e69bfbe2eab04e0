"""Printables: PDF by WeasyPrint with our own fonts, and the stamped fast path for bulk.

``hanse.documents.weasy.render`` turns HTML and print CSS into a PDF: letters, statements, anything designed once.
``hanse.documents.stamp`` draws the same static form under thousands of pages and puts only the changing text on it.
Both are imported when first used, because Pango and the fonts are there only after ``./run setup``.
"""

from hanse.documents.errors import DocumentError

__all__ = ["DocumentError"]
