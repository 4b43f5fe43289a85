"""Logs and metrics: what happened, never to whom. No token, code, password, login or address is logged."""

from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools import Logger

logger = Logger(service="nod", log_uncaught_exceptions=False)


def log_unexpected(error: Exception) -> None:
    """Log what nobody foresaw: the kind of error, AWS's code and where it arose. Its message may quote what came in."""
    # botocore's timeouts have a response, which is None.
    code = (getattr(error, "response", None) or {}).get("Error", {}).get("Code")
    logger.error("Unexpected error", extra={"kind": type(error).__name__, "code": code, "at": _where(error)})


@contextmanager
def without_words(told: str) -> Iterator[None]:
    """Log what nobody foresaw as above, and raise `RuntimeError(told)` in its place: Lambda logs an error whole."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, it may quote what came in.
        log_unexpected(error)
        raise RuntimeError(told) from None


def _where(error: BaseException) -> list[str]:
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    return frames[-4:]
