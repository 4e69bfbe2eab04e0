"""Switching addons on and off: a plan says what will change, and the same plan changes it."""
