"""The first start of an empty instance."""
