"""What one citizen lets another do for them (R91-R95)."""
