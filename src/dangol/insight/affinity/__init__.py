"""Affinity: what a customer will buy again, and what new to them they may like, each with its reasons."""
