"""Real servers and processes for tests: a private broker, a private database cluster, programs under test."""
