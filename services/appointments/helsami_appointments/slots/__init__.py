"""What an organisation's staff open and withdraw, and what citizens find of it."""
