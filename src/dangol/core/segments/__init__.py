"""Saved conditions, who is in, and why."""
