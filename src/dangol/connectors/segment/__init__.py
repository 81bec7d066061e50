"""Segment's HTTP tracking API: what its clients and RudderStack's send, read as events."""
