"""Reading gradebooks back: whether each LMS has what it was told, and what follows where it has not."""
