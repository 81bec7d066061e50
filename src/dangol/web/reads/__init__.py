"""What pages read across rooms: set-based, a constant number of statements each."""
