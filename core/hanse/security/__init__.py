"""Users, roles, permissions, row clauses, sessions and passwords."""
