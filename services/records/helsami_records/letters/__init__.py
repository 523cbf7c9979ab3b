"""Letters: what an organisation writes to a citizen, such as a summons, and what is enclosed."""
