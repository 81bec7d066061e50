"""Products, orders, order lines and returns."""
