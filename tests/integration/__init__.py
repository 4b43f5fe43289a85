"""Stores and handlers on moto, in process and single threaded; races are for the local cloud (tests/e2e)."""
