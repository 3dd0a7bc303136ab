"""抽样核查: fields that schools fill in themselves and are paid for, drawn by lot and held against their evidence."""
