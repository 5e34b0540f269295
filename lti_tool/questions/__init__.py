"""Kinds of question as pure values: what is asked, what may be answered, what it is worth. No database, no request."""
