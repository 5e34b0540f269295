"""What a column is called in an LMS's gradebook: the same whether a service call makes it or a deep-linked item."""

LONGEST_LABEL = 100


def heading(title: str) -> str:
    """The label of a column: not blank, and not too long (AG-06)."""
    return title.strip()[:LONGEST_LABEL] or "Dangke"
