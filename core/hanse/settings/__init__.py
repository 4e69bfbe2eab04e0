"""Settings of companies: declared by addons as models, read by code, changed on one page (docs/settings.md)."""
