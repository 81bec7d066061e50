"""The hard rules in plain Python: no Django, no files, no clock of their own."""
