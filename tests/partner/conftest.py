"""A package from outside; its own tests run where it is installed."""

collect_ignore = ["acme-loans"]
