"""Learning time: one pointer per person, credit per item."""
