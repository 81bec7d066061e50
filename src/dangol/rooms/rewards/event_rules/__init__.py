"""Event rules: points for what members do, written, published version by version, and given once an event."""
