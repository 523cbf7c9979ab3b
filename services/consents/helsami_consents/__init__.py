"""Owns who may act for whom, and the log of what was asked on whose behalf."""
