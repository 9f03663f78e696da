"""Compiled programs on disk: where they are kept, and how to switch that on."""

from kjax.machine.cache import folder, keep_compiled

__all__ = ["folder", "keep_compiled"]
