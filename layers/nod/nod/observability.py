"""Logs and metrics: what happened, never to whom. No token, code, password, login or address is logged."""

from aws_lambda_powertools import Logger

logger = Logger(service="nod", log_uncaught_exceptions=False)
