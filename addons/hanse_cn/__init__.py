"""Chinese accounting: charts, statements, voucher forms, amounts in words."""
