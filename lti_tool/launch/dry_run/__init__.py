"""A registration tried out without a launch: each step asked for, judged, and its mend named."""
