"""Hanse: a modular ERP.  What addon authors may import stands here, and nothing else is promised."""
