"""The outside: posting to WebSocket connections, signing access tokens and checking them."""
