"""Turning staged rows into calls of the services that own the tables, a batch at a time."""
