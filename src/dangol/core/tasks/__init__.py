"""Run now, later, again."""
