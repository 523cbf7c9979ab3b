"""What citizens ask for that they cannot do themselves, and what staff answer (R21)."""
