"""The life of a record: archived and brought back, merged with its duplicates, and what it came from and led to."""
