"""Whom a citizen may write to: those they have to do with, as record systems and organisations say (R78, K22)."""
