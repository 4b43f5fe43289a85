"""What a sign-in costs: cold starts, and the time from screen to screen on the local cloud."""
