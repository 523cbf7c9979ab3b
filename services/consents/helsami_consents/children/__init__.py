"""Parents acting for their children (R96-R100)."""
