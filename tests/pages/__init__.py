"""The pages in a real browser, against the stack deployed to the local cloud."""
