"""Electronic invoices of EN 16931 out and in: what they say, CII and UBL, and PDF files that carry them."""
