"""The HTTP API: what a program may ask and do, at /api/v1."""
