"""What the staff of an organisation read, forward and answer."""
