"""Rooms and sets of devices booked by schools."""
