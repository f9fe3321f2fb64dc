"""What whoever runs Dojo wants to know at a glance: counts, ages and sizes. Nothing in it names a person."""

from interactions.operations.environments import EnvironmentFigures, environment_figures
from interactions.operations.machine import DiskFigures, QueueFigures, disk_figures, queue_figures

__all__ = [
    "DiskFigures",
    "EnvironmentFigures",
    "QueueFigures",
    "disk_figures",
    "environment_figures",
    "queue_figures",
]
