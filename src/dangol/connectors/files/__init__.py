"""Files from any retailer, in and out."""
