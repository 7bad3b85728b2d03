"""The docker command line with the check that docker had: what it asks for is verified first."""
