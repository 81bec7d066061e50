"""The condition language: what it means, kept equal in both of its readings."""
