"""What an attempt is worth, and which of them counts."""
