"""Programs, earning rules and tiers."""
