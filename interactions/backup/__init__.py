"""Backups that are made while everything runs, of one moment, and their way back."""

from interactions.backup.manifest import BackupError, Manifest
from interactions.backup.restore import Restored, restore
from interactions.backup.take import Taken, take

__all__ = ["BackupError", "Manifest", "Restored", "Taken", "restore", "take"]
