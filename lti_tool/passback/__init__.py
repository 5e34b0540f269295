"""What goes out to the LMS: line items and scores."""
