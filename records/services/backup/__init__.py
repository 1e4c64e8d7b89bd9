"""Backups: one archive with every table and stored file, which either engine reads."""

from .reading import RestoreSummary, restore
from .writing import BackupSummary, write_backup

__all__ = ["BackupSummary", "RestoreSummary", "restore", "write_backup"]
