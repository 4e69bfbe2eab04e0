"""Sequences: how documents are numbered, per company, without gaps or fast (docs/sequences.md)."""
