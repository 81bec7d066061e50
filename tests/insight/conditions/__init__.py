"""Conditions asked of all customers at once, beside the same asked of each."""
