"""Taking over books: opening balances from a sheet or a file, checked, then posted as vouchers."""
