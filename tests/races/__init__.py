"""Races: fifty do at the same moment what may happen once, against the deployed stack, over HTTP and WebSocket."""
