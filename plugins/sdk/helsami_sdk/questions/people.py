"""Who asks, and for whom: an age band and a relation, never an identity."""

AGE_BANDS = frozenset({"0-11", "12-15", "16+"})
READERS = frozenset({"self", "grant", "parental", "capacity"})
