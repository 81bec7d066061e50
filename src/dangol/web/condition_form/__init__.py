"""The form a condition is written in: a tree of parts, what is chosen in each, and back to a condition."""
