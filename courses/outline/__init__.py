"""The course home: the list of everything that can be learned and earned in one course, and its members' progress."""
