"""Screens of what everybody shares."""
