"""Guardians of adults, by what the population register says of them (Volven 7611, VE)."""
