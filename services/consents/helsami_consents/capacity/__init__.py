"""Relatives and guardians who act for adults that cannot consent themselves (R101, R102)."""
