"""Balance sheet, income statement and cash flow statement, worked out from formulas that a standard brings as data."""
