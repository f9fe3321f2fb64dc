"""Figures for whoever runs Dojo: counts, ages and sizes. None of them identifies a person."""

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
