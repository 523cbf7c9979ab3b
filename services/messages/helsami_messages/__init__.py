"""What citizens and those who treat them write to each other, and where it lies until somebody opens it."""

__version__ = "0.1.0"
