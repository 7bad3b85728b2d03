"""`docker trust` for docker clients that no longer have it: a plug-in, and its installation."""
