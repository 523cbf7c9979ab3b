"""Those who wait for an earlier time, and what they are offered (R23-R28)."""
