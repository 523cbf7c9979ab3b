"""Makes the folder of a new organisation: what it is, some common answers to change, and tests of them."""
