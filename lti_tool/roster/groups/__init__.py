"""Groups of a course's members: as the LMS says them, or made by hand."""
