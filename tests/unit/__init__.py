"""Tests without I/O: the domain, the edges, and the flows on fakes."""
