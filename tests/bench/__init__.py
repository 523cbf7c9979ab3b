"""Measures the composed home view against what a user would write instead, on the same rows, in the same run."""
