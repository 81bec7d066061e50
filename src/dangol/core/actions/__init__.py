"""The catalog of things that may be done to or for a customer."""
