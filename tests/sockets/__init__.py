"""Connections that break, on a local cloud of their own: it is killed, has short limits, or holds many of them."""
