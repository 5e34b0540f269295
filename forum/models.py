"""All tables of the forum, imported for their effect on the metadata."""

from forum.threads import models

__all__ = ["models"]
