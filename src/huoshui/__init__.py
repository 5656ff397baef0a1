"""Huoshui (活水): from the public registers to a fair loan, and every answerable person can see how."""

__version__ = "0.1.0"
