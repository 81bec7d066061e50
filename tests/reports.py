"""What a run of the tests tells the one who closes it."""

# With these words a test says that it would need a browser.
NO_BROWSER = "No browser found"
# And with these, that it would need an engine that builds containers.
NO_ENGINE = "No container engine answers"
MAY_BE_MISSING = (NO_BROWSER, NO_ENGINE)
