"""Who has looked at what is about a citizen: a log that only grows, and that shows when somebody touched it (R67)."""
