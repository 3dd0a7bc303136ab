"""Search over whatever the systems declare: exact parts of words, found the same way on both databases."""
