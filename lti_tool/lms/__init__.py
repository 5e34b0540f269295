"""How to speak to an LMS: our keys, its keys, tokens, service calls and what differs per LMS."""
