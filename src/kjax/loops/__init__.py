"""Sub-graphs that callbacks build, loops over them, and what is hoisted out of loops."""
