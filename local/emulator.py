"""Runs MiniStack for as long as the process that started it lives; started by `cloud.py` with MiniStack's interpreter.

Standard input is a pipe which nobody writes to. It ends when its other end is closed, which the kernel does even for a
parent that was killed outright; then this process goes, and with it the Lambda workers, which share its process group.
"""

import os
import signal
import sys
import threading
from pathlib import Path


def _leave_with_parent() -> None:
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    # For this process only: its workers must not see the checkout.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from ministack.app import main

    from local import repairs

    repairs.apply()
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    main()
