"""Tests of whole systems, which are dear to start: the folder is a package so that they share them, and no longer."""
