"""Promotions: what they are, their versions and budgets, and the sales that run through them."""
