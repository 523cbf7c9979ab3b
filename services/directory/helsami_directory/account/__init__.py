"""Whether somebody uses their account: it is opened by contact, left by its owner, and taken up again by logging in."""
