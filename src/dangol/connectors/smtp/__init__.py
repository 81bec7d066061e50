"""E-mail: messages of the outbox, handed to a mail server."""
