"""Nothing but a list of what is live: see the dependencies of this distribution."""

__version__ = "0.1.0"
