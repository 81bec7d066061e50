"""One Django app for each loyalty element; rooms never import one another."""
