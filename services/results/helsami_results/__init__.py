"""Laboratory answers and other results, and when a citizen may see them."""

__version__ = "0.1.0"
