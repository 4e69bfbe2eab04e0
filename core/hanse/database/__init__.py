"""The database: cluster, engine, sessions, row security, numbers, migrations."""
