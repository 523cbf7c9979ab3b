"""The rules of Helse Nord-Trøndelag hospital trust in HelsaMi, all of them data."""

__version__ = "0.1.0"
