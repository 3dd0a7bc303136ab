"""Accounts, roles, deputies."""
