"""What a run of the tests tells the one who closes it."""

# With these words a test says that it would need a browser.
NO_BROWSER = "No browser found"
