"""Handing evidence in and opening it: the form, the list and the download that systems share."""
