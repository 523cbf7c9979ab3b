"""The rules of Øya legesenter, a GP office in Trondheim, in HelsaMi."""

__version__ = "0.1.0"
