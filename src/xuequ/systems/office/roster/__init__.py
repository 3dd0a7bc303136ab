"""The roster: bringing in schools, classes, people."""
