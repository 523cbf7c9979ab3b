"""Around a visit: being reminded of it, checking in before it, arriving for it, and what is to be done until then."""
