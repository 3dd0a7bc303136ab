"""A person is erased from an instance in which everything was filled, and nothing is found afterwards."""
