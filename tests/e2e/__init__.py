"""Black-box tests of the deployed stack on the local cloud, over HTTP and WebSocket, with IAM on."""
