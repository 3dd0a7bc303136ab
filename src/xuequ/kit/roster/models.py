"""Tables: bringing in who is who from the files that schools hold."""
