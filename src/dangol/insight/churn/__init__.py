"""Churn: how likely a customer buys nothing within the next days, calibrated, with what speaks for it."""
