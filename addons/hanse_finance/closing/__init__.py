"""The end of a period: steps that write closing vouchers, checks, and what reports said when a period was closed."""
