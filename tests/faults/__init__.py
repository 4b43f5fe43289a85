"""What happens when AWS fails, or a function dies, at each call of each flow (docs/reliability.md)."""
