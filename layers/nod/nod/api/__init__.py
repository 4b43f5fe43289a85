"""The edges: what clients send and get, over HTTP and over WebSocket."""
