"""Saved views: states of a list that somebody has given a name, for themselves or for others."""
