"""Background work: Django's task API over rows with leases."""
