"""The bounds of the template's parameters, as they are checked before anything is built."""

from typing import Any

import pytest

from local.template import ParameterRefused, read, require_allowed

# The numbers of the contract.
BOUNDS = {
    "SignInLifetime": (15, 600),
    "SessionIdleDays": (1, 365),
    "SessionMaxDays": (1, 365),
    "EvictionAge": (0, 720),
    "StartsPerMinutePerAddress": (1, 100_000),
}
PARAMETERS: dict[str, dict[str, Any]] = read()["Parameters"]


def test_each_number_has_bounds() -> None:
    """No number of the template is without them."""
    assert set(BOUNDS) == {name for name, parameter in PARAMETERS.items() if parameter["Type"] == "Number"}


@pytest.mark.parametrize("name", BOUNDS)
def test_a_number_is_taken_up_to_its_bounds(name: str) -> None:
    """The least and the most are; one less, one more and what is no whole number are not."""
    least, most = BOUNDS[name]
    for good in (least, most):
        require_allowed({name: str(good)})
    for bad in (str(least - 1), str(most + 1), "", "1e2", "20.5", "+20", " 20", "twenty"):
        with pytest.raises(ParameterRefused, match=f"it is a number from {least} to {most}"):
            require_allowed({name: bad})


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("MinimumVerification", "enter", "Enter"),
        ("ConcealAccounts", "true", "yes"),
        ("AppName", "A" * 30, "A" * 31),
        ("SmsNumber", "+12025550142", "12025550142"),
        (
            "AllowedOrigins",
            "https://app.example.com,http://localhost:8000",
            "https://app.example.com,http://evil.example",
        ),
        ("PhonePage", "https://app.example.com/scan", "https://app.example.com/scan?from=nod"),
        ("EdgeKeyHash", "A" * 43, "A" * 42),
        ("MailFrom", "nod@example.com", "nod@example.com\n"),
        ("EmulatorHost", "127.0.0.1:4566", "emulator.example:4566"),
    ],
)
def test_a_text_is_what_its_parameter_allows(name: str, good: str, bad: str) -> None:
    """One that fits is taken; one that nearly does is not."""
    require_allowed({name: good})
    with pytest.raises(ParameterRefused, match=name):
        require_allowed({name: bad})


def test_every_default_is_allowed() -> None:
    """A stack can be deployed without saying anything."""
    require_allowed({name: str(parameter["Default"]) for name, parameter in PARAMETERS.items()})


def test_there_is_no_other_parameter() -> None:
    """A name that was mistyped is told, with those that there are."""
    with pytest.raises(ParameterRefused, match=r"No such parameter: SigninLifetime.*SignInLifetime"):
        require_allowed({"SigninLifetime": "60"})
