"""The one door of HelsaMi: the citizen's views, and the journal for record systems."""
