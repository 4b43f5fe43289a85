"""What is logged."""

import logging


class Log(logging.Handler):
    """All that is logged, with whatever stands beside the message."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {vars(record)}")
