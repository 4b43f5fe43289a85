"""Logs and metrics: what happened, never to whom. No token, code, password, login or address is logged."""

from aws_lambda_powertools import Logger

logger = Logger(service="nod", log_uncaught_exceptions=False)


def log_unexpected(error: Exception) -> None:
    """Log what nobody foresaw: the kind of error, AWS's code and where it arose. Its message may quote what came in."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code")
    logger.error("Unexpected error", extra={"kind": type(error).__name__, "code": code, "at": _where(error)})


def _where(error: BaseException) -> list[str]:
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    return frames[-4:]
