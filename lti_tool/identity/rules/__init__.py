"""Pure: what a person is called, and what a role of the LMS means here."""
