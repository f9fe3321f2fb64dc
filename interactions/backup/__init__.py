"""Make consistent backups while everything is running, and restore them."""

from interactions.backup.manifest import BackupError, BackupManifest
from interactions.backup.places import place_of, prune
from interactions.backup.restore import Restored, restore
from interactions.backup.take import Taken, take

__all__ = ["BackupError", "BackupManifest", "Restored", "Taken", "place_of", "prune", "restore", "take"]
