"""The documentation. Its machine-readable part is written by `docs.generate`."""
