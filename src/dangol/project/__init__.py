"""Settings, the clock, and the lists that join the rooms."""
