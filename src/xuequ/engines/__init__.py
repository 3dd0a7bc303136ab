"""The mathematics: tables and arrays in, frozen results out. No Django, no clock, no global state."""
