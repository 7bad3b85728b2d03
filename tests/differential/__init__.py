"""Repositories changed in many ways, judged by the engine and by the notary Go library."""
