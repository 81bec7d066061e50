"""Households: who is in them, what they spend, and what is proven of it."""
