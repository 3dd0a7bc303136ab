"""Digital assistance (数字帮扶): partners by need, strength and way, what they do together, and what it did."""
