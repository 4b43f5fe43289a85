"""Runs MiniStack for as long as the process that started it lives; started by `cloud.py` with MiniStack's interpreter.

Standard input is a pipe which nobody writes to. It ends when its other end is closed, which the kernel does even for a
parent that was killed outright; then this process goes, and with it the Lambda workers, which share its process group.
"""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any


def _leave_with_parent() -> None:
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


def _stand_still(app: Any) -> None:
    """Write down what AWS would not lose, and stand still, to be killed.

    It is a step of the loop that does all writes and sends all answers: what was answered is written down, and what is
    written down whole; MiniStack itself would say goodbye first, and let requests end.
    """
    app.save_all(app._build_persistence_save_dict())
    os.kill(os.getpid(), signal.SIGSTOP)


if __name__ == "__main__":
    # For this process only: its workers must not see the checkout.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from ministack import app

    from local import repairs

    repairs.apply()
    signal.signal(signal.SIGUSR1, lambda *_: app._MAIN_LOOP.call_soon_threadsafe(_stand_still, app))
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    app.main()
