"""Backups: one archive with every table and stored file, which either engine reads.

Called by: the commands `backup` and `restore`. It never goes through `writing`: rows are copied as
they are.
"""

from .archiving import write_backup
from .restoring import restore

__all__ = ["restore", "write_backup"]
