"""What the home view is measured against; each peer is as short as its framework's own examples, and as direct."""
