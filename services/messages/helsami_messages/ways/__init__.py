"""Where a message goes, and where on if nobody opens it (R79-R81, K25); the citizen sees none of it."""
