"""Background work: tasks with leases, so that a killed worker's task runs on elsewhere."""
