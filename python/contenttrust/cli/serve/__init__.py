"""The verbs that answer questions over a network."""
