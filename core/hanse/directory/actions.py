"""Actions on what everybody shares."""
