"""Benchmarks: the numbers the product promises, measured on this machine."""
