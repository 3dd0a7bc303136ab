"""What schools do: rate themselves, hand in evidence, share what works."""
