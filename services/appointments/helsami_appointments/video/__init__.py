"""Consultations by video: ordered, set up and taken back, and the links by which each joins (R33, R34)."""
