"""Sample data: a real retailer's year, for trying things out."""
