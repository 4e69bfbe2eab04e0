"""The web: Pyramid views over screens, the shell, static files, errors."""

import warnings

# Pyramid 2.1 still imports it; the line can go with Pyramid 2.2.
warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
