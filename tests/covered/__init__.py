"""Which lines the tests run; `python -m covered` measures them and holds the goals."""
