"""What the environment says."""

from datetime import timedelta

import pytest

from nod.domain.texts import SenderOfTexts
from nod.settings import Settings, from_environment


def test_without_variables_the_defaults_hold() -> None:
    """A function without variables of ours runs with the strict defaults of the template."""
    settings = from_environment({"PATH": "/bin", "HOME": "/root"})
    assert settings == Settings()
    assert (settings.default_verification, settings.minimum_verification) == ("choose", "choose")
    assert (settings.conceal_accounts, settings.password_sign_up) == (False, False)
    assert settings.eviction_age_hours == 24
    assert (settings.session_idle_days, settings.session_max_days) == (30, 90)
    assert (settings.sign_in_lifetime_seconds, settings.starts_per_minute_per_address) == (120, 30)


def test_variables_are_read_as_their_types() -> None:
    """Text from the environment becomes numbers, switches and names."""
    settings = from_environment(
        {
            "NOD_MINIMUM_VERIFICATION": "enter",
            "NOD_APPROVER_POLICY": "latest",
            "NOD_CONCEAL_ACCOUNTS": "true",
            "NOD_PASSWORD_SIGN_UP": "false",
            "NOD_STARTS_PER_MINUTE_PER_ADDRESS": "3000",
            "NOD_LOGINS_TABLE": "stack-LoginsTable-1",
        }
    )
    assert settings == Settings(
        minimum_verification="enter",
        approver_policy="latest",
        conceal_accounts=True,
        starts_per_minute_per_address=3000,
        logins_table="stack-LoginsTable-1",
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NOD_DEFAULT_VERIFICATION", "guess"),
        ("NOD_DEFAULT_VERIFICATION", ""),
        ("NOD_APPROVER_POLICY", "everybody"),
        ("NOD_CONCEAL_ACCOUNTS", "maybe"),
        ("NOD_EVICTION_AGE_HOURS", "a day"),
        ("NOD_HAND_OVER_CONFIRMATION", "enter"),
    ],
)
def test_a_value_that_does_not_fit_names_its_variable(variable: str, value: str) -> None:
    """A mistake in the stack's parameters stops the function at its start, and says which one it is."""
    with pytest.raises(ValueError, match=variable):
        from_environment({variable: value})


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("none", set()),
        ("", set()),
        ("https://app.example.com", {"https://app.example.com"}),
        ("https://a.example,http://127.0.0.1:8080", {"https://a.example", "http://127.0.0.1:8080"}),
    ],
)
def test_a13_only_named_origins_are_allowed(text: str, origins: set[str]) -> None:
    """A13: pages may connect from the listed origins, and from none where there is no list."""
    assert from_environment({"NOD_ALLOWED_ORIGINS": text}).origins == origins


def test_the_lives_of_sessions_are_in_days() -> None:
    """Idle and longest life of a session come from their parameters."""
    lifetimes = from_environment({"NOD_SESSION_IDLE_DAYS": "7", "NOD_SESSION_MAX_DAYS": "14"}).lifetimes
    assert (lifetimes.idle, lifetimes.longest) == (timedelta(days=7), timedelta(days=14))


def test_a_stack_neither_texts_passwords_nor_lets_phones_in_unasked_by_default() -> None:
    """R3.6, T7: approvers are asked about phones, and no password is texted, unless the stack says otherwise."""
    settings = from_environment({})
    assert (settings.phone_sign_in_approval, settings.send_account_sms) == ("when_online", False)
    assert (settings.app, settings.mail_from) == (SenderOfTexts("Nod", ""), "")
    chosen = from_environment(
        {"NOD_APP_NAME": "Films", "NOD_SMS_NUMBER": "+447700900000", "NOD_TEXT_SENDER": "console"}
    )
    assert (chosen.app, chosen.text_sender) == (SenderOfTexts("Films", "+447700900000"), "console")


def test_r4_5_a_stack_confirms_hand_overs_and_names_no_page_by_default() -> None:
    """R4.3, R4.5: a scan is confirmed on the PC unless the stack says otherwise, and there is no page to lead to."""
    settings = from_environment({})
    assert (settings.hand_over_confirmation, settings.phone_page) == ("choose", "")
    page = "https://app.example.com/phone"
    chosen = from_environment({"NOD_HAND_OVER_CONFIRMATION": "none", "NOD_PHONE_PAGE": page})
    assert (chosen.hand_over_confirmation, chosen.phone_page) == ("none", page)
