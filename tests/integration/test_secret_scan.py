"""The scan for secrets finds some where there are any."""

import secrets as chance
import string
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from audit.tracked_secrets import ACCEPTED, Lookalike, secrets


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository that tracks a private key and a token, and a file that it does not track with another."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "key.pem").write_bytes(pem)
    for name in ("token.py", "untracked.py"):
        made = "".join(chance.choice(string.ascii_letters + string.digits) for _ in range(36))
        (tmp_path / name).write_text(f'TOKEN = "ghp_{made}"\n')
    for command in (("init", "--quiet"), ("add", "keys", "token.py")):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)  # noqa: S607 - the git of this machine.
    return tmp_path


def test_what_is_tracked_is_looked_at(repository: Path) -> None:
    """A key and a token are found, with file and line and without being shown; what is not tracked is not."""
    found = sorted(secrets(repository, {}))
    assert [line.partition(" ")[0] for line in found] == ["keys/key.pem:1:", "token.py:1:"]
    assert "ghp_" not in "".join(found)


def test_what_is_accepted_must_be_there(repository: Path) -> None:
    """A lookalike that is accepted is not told; one that is accepted and is not there any more is."""
    key, gone = Lookalike("betterleaks.private-key", "keys/key.pem"), Lookalike("betterleaks.jwt", "gone.json")
    found = secrets(repository, {key: "made for this test", gone: "was a sample"})
    assert [line.partition(":")[0] for line in found] == ["token.py", "gone.json"]


def test_every_acceptance_has_a_reason() -> None:
    """Who accepts a lookalike says why."""
    assert all(len(reason.split()) > 3 for reason in ACCEPTED.values())
