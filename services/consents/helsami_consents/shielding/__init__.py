"""What citizens hide of their own from those who act for them, or ask an organisation to hide from its staff."""
