"""Coupons: batches of codes, who holds one, and which sale used it."""
