"""What the shop knows, written as tables that any other program, and an import here, can read."""
