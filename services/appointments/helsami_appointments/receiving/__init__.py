"""What record systems send: read as Helsenorge's profile of Appointment says, kept once, and told where it matters."""
