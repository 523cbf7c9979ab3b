"""What a citizen reads and writes (R75, R77)."""
