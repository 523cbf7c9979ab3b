"""The rules of St. Olavs hospital in HelsaMi."""

__version__ = "0.1.0"
