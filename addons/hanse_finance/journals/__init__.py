"""The books as a journal in plain text, from which hledger, ledger and beancount reckon our balances."""

from hanse_finance.journals.content import JournalFormat
from hanse_finance.journals.reading import read_books, whole_span
from hanse_finance.journals.writing import MEDIA_TYPE, file_ending, write_journal, write_text

__all__ = ["MEDIA_TYPE", "JournalFormat", "file_ending", "read_books", "whole_span", "write_journal", "write_text"]
