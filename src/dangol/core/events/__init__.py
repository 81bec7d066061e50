"""The timeline: what happened, once each, in order."""
