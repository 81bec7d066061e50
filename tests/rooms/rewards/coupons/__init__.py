"""Coupons: batches, codes, who holds one, and which sale used it."""
