"""Fuzzing of the engine: targets with what must hold, seeds from the vectors, a run of all."""
