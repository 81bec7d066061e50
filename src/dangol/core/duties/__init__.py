"""What a shop owes by law, as work with a due day: signed heads, reviews, requests, incidents."""
