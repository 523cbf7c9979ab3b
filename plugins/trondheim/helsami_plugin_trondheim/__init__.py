"""The rules of Trondheim municipality in HelsaMi."""

__version__ = "0.1.0"
