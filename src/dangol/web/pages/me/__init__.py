"""The member's own pages at `/me`, for the phone."""
