"""Referrals: from whom to whom, how far they have come, and by when something is to happen."""
