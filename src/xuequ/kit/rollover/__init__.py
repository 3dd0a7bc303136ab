"""学年升级: the move of all classes and pupils into the next school year."""
