"""The medicines that clinicians on the platform have a citizen take, now or earlier."""

__version__ = "0.1.0"
