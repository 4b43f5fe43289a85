"""The attack kit: each test is one attack that must fail, over HTTP and WebSocket only (docs/security.md)."""
