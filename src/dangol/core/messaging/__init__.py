"""What the house says to people, by mail and later by more: left in an outbox, sent after commit."""
