"""Make files of bundles fit for the journal: read them, name their people, bring them up to date."""
