"""What keeps tissue warm: vessels and warmers."""
