"""What tests of Hanse and of its addons share: the fixtures of :mod:`hanse.testing.plugin`, and these helpers."""

from hanse.testing.counting import statements
from hanse.testing.databases import TrialDatabase

__all__ = ["TrialDatabase", "statements"]
