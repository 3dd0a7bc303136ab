"""收数: an upper unit's Excel, split by school, filled in, merged back."""
