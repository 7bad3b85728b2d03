"""The doors at which images are stopped or let through, all by one policy."""
