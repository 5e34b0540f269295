"""`dangke backup` and `dangke restore`: database and uploads of an installation, of one moment, while it runs."""

from lti_tool.cli.backup.commands import backup, restore

__all__ = ["backup", "restore"]
