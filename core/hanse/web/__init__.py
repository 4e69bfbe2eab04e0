"""The web: Pyramid views over screens, the shell, static files, errors."""
