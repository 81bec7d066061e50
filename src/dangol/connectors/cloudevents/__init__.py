"""CloudEvents 1.0: events of other systems in the form they agree on."""
