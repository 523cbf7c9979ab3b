"""The rules of Rimfrost legekontor, an independent GP office, in HelsaMi."""

__version__ = "0.1.0"
