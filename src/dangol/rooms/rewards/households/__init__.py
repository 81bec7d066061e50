"""Households: members who spend one another's points."""
