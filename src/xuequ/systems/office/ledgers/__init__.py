"""Ledgers of schools' work: attendance and borrowing by month, brought in as files, published by school year."""
