"""Running it: health, metrics of the database, proofs, backups and restores."""
