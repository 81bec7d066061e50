"""Who may do what: rights and roles, keys for programs, and the record of who looked at whom."""
