"""What can be learned and earned in a course, what was reached, and what the LMS must still be told."""
