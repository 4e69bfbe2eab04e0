"""What performance means here, as commands: ``./run bench W4`` prints JSON lines."""
