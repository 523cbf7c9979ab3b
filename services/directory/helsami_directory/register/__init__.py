"""What the population register says of people: asked, kept for a while, and told of when it changes."""
