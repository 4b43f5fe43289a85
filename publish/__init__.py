"""Publishing the pages of `web/`: which files they are, what their server says of them, and bringing them to AWS."""
