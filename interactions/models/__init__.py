"""Rows that the application keeps about the data; the interactions themselves are in the lake."""

from interactions.models.environment import Environment
from interactions.models.imports import Block, Import, Problem, Upload

__all__ = ["Block", "Environment", "Import", "Problem", "Upload"]
