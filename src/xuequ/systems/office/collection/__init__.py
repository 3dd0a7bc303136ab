"""收数: collecting what an upper unit asks for."""
