"""Files in and out: every model is imported from CSV and XLSX, and exported to them, out of its fields alone."""
