"""One file per family of attacks; the number in a test's name is that of its threat."""
