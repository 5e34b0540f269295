"""How fast the hot paths are, as ratios to what a bare Flask application costs for the same work on the same machine."""
