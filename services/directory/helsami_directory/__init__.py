"""Owns who is who: citizens behind opaque ids, those who treat them, and the organisations that are connected."""
