"""The version of kjax."""

__version__ = "0.1.0"
