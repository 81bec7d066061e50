"""What a customer will still buy, and for how much: models of buying until one stays away."""
