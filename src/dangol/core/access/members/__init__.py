"""How members come in: one-time codes, one-time links, and sessions of their own."""
