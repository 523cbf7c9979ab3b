"""The health calendar: a citizen's own events beside their appointments."""
