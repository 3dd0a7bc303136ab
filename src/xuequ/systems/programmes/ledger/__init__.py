"""The ledger of rooms and devices: entries, use, moves between schools, inventories, imports."""
