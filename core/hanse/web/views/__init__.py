"""Views: each parses, runs one action or one question, and answers."""
