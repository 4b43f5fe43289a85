"""Nod: signing in without typing a password. The one package behind every Lambda function."""
