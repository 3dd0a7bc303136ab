"""One folder per system of the district; none imports another."""
