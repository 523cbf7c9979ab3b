"""The rules of Levanger municipality in HelsaMi, all of them data."""

__version__ = "0.1.0"
