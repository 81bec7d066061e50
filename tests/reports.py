"""What a run of the tests tells the one who closes it."""

# With these words a test says that it would need a browser.
NO_BROWSER = "No browser found"
# And with these that it would need curl.
NO_CURL = "No curl found"
# And with these, that it would need an engine that builds containers.
NO_ENGINE = "No container engine answers"
# And with these, that it would need the right to mount a disk.
NO_SMALL_DISK = "No small disk could be mounted"
# And with these, that it would need Java, in which Spark runs.
NO_JAVA = "No Java found"
# What a machine may lack without a run being false; what did not run for it is said.
MAY_LACK = {
    NO_BROWSER: "browser",
    NO_CURL: "curl",
    NO_ENGINE: "container",
    NO_SMALL_DISK: "full-disk",
    NO_JAVA: "Spark",
}
