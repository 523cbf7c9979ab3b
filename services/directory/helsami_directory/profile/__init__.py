"""What citizens say of themselves: how they are reached, who is next to them, their language, photo and shortcuts."""
