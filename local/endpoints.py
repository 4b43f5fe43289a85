"""Where a local stack answers: written for whoever plays against it."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Endpoints:
    """Where a deployed stack answers; `emulator` is the endpoint of the AWS services behind it, `web` has its pages.

    `sms` is for those who play gateways: `to`, the service's number; `public_url`, the address that signatures are made
    over; and by gateway name its throw-away secrets and the `url` that it calls.
    """

    http: str
    websocket: str
    emulator: str
    web: str = ""
    sms: dict[str, Any] = field(default_factory=dict)

    def write(self, directory: Path) -> None:
        """Write `endpoints.json` in `directory`, all at once."""
        draft = directory / "endpoints.json.new"
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n")
        draft.replace(directory / "endpoints.json")

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Return what `write` wrote in `directory`."""
        return cls(**json.loads((directory / "endpoints.json").read_text()))
