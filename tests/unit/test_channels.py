"""What is sent by AWS's services, and the gateways' secrets (R3.2, R3.6; I3)."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError
from botocore.session import Session
from botocore.stub import Stubber

from nod.channels.mail import SesMail
from nod.channels.secrets import GatewaySecrets
from nod.channels.texts import ConsoleTexts, SnsTexts
from nod.errors import InvalidRequest
from tests.builders import ADAS_NUMBER, NOW, after
from tests.fakes.logs import Log

SECRET = "arn:aws:secretsmanager:eu-west-2:123456789012:secret:gateways"


def client(service: str) -> Any:
    """A client that never gets to call anything."""
    return Session().create_client(
        service, region_name="eu-west-2", aws_access_key_id="testing", aws_secret_access_key="testing"
    )


@pytest.fixture
def sns() -> Iterator[Stubber]:
    """SNS, which expects nothing yet."""
    with Stubber(client("sns")) as stub:
        yield stub


@pytest.fixture
def ses() -> Iterator[Stubber]:
    """SES, which expects nothing yet."""
    with Stubber(client("sesv2")) as stub:
        yield stub


@pytest.fixture
def secrets_manager() -> Iterator[Stubber]:
    """Secrets Manager, which expects nothing yet."""
    with Stubber(client("secretsmanager")) as stub:
        yield stub


# Text messages.


def test_r3_6_a_text_is_sent_by_sns(sns: Stubber) -> None:
    """R3.6: to the number, at once rather than cheaply."""
    kind = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
    request = {"PhoneNumber": ADAS_NUMBER, "Message": "Nod: hello", "MessageAttributes": kind}
    sns.add_response("publish", {"MessageId": "1"}, request)
    SnsTexts(sns.client).send(ADAS_NUMBER, "Nod: hello")
    sns.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["Throttled", "InternalError", "KMSThrottling", "AuthorizationError"])
def test_r3_3_a_text_that_sns_cannot_send_now_is_an_error(sns: Stubber, code: str) -> None:
    """R3.3: it goes to the caller, who lets the gateway deliver again."""
    sns.add_client_error("publish", code, http_status_code=429)
    with pytest.raises(ClientError):
        SnsTexts(sns.client).send(ADAS_NUMBER, "Nod: hello")


@pytest.mark.parametrize("code", ["InvalidParameter", "InvalidParameterException", "InvalidParameterValue", "OptedOut"])
def test_r3_3_a_text_that_sns_will_never_send_is_given_up(sns: Stubber, log: Log, code: str) -> None:
    """R3.3, I3: no gateway delivers again for it; the log tells why, and neither the number nor the text."""
    sns.add_client_error("publish", code, f"Invalid parameter: PhoneNumber {ADAS_NUMBER}", http_status_code=400)
    SnsTexts(sns.client).send(ADAS_NUMBER, "Nod: hello")
    (line,) = log.lines
    assert code in line
    assert ADAS_NUMBER not in line
    assert "hello" not in line


def test_texts_on_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody is to be texted, the log shows what would have been."""
    ConsoleTexts().send(ADAS_NUMBER, "Nod: hello")
    assert capsys.readouterr().out == f"Text to {ADAS_NUMBER}: Nod: hello\n"


# Mail.


def test_r1_2_a_mail_is_sent_by_ses(ses: Stubber) -> None:
    """R1.2: a plain text in UTF-8, from the stack's address to one other."""
    content = {
        "Simple": {
            "Subject": {"Data": "Your code", "Charset": "UTF-8"},
            "Body": {"Text": {"Data": "123456 \u2713", "Charset": "UTF-8"}},
        }
    }
    request = {
        "FromEmailAddress": "nod@example.com",
        "Destination": {"ToAddresses": ["ada@example.com"]},
        "Content": content,
    }
    ses.add_response("send_email", {"MessageId": "1"}, request)
    SesMail(lambda: ses.client, "nod@example.com").send("ada@example.com", "Your code", "123456 \u2713")
    ses.assert_no_pending_responses()


def test_no_client_is_made_before_there_is_mail() -> None:
    """A function that sends none does not pay for the client."""
    made: list[str] = []
    SesMail(lambda: made.append("client"), "nod@example.com")
    assert made == []


@pytest.mark.parametrize("code", ["MessageRejected", "BadRequestException"])
def test_r1_2_an_address_that_ses_refuses_is_a_bad_request(ses: Stubber, code: str) -> None:
    """R1.2, I3: whoever asked for the code is told that this address gets none; what SES quotes is not told on."""
    ses.add_client_error("send_email", code, "Address ada@example.com is suppressed", http_status_code=400)
    with pytest.raises(InvalidRequest) as refusal:
        SesMail(lambda: ses.client, "nod@example.com").send("ada@example.com", "Your code", "123456")
    assert "ada@example.com" not in refusal.value.detail


@pytest.mark.parametrize("code", ["TooManyRequestsException", "LimitExceededException", "AccountSuspendedException"])
def test_r1_2_a_mail_that_ses_cannot_send_now_is_an_error(ses: Stubber, code: str) -> None:
    """R1.2: whoever asked for the code is not left to wait for it, nor told that the address is at fault."""
    ses.add_client_error("send_email", code, http_status_code=429)
    with pytest.raises(ClientError):
        SesMail(lambda: ses.client, "nod@example.com").send("ada@example.com", "Your code", "123456")


def test_one_client_serves_every_mail(ses: Stubber) -> None:
    """It is made with the first mail, and kept for the next."""
    made: list[str] = []

    def make() -> object:
        made.append("client")
        return ses.client

    mail = SesMail(make, "nod@example.com")
    for _ in range(2):
        ses.add_response("send_email", {"MessageId": "1"})
        mail.send("ada@example.com", "Your code", "123456")
    assert made == ["client"]


# The gateways' secrets.


def stored(stub: Stubber, value: Any) -> None:
    """What the secret holds at the next reading."""
    text = value if isinstance(value, str) else json.dumps(value)
    response = {"ARN": SECRET, "Name": "gateways", "VersionId": "v" * 32, "SecretString": text}
    stub.add_response("get_secret_value", response, {"SecretId": SECRET})


def test_r3_2_a_gateway_s_secrets_are_its_own(secrets_manager: Stubber) -> None:
    """R3.2: one reading serves all gateways; one that is not in it is not set up, one without keys is."""
    stored(secrets_manager, {"twilio": {"auth_token": "a"}, "generic": {"secret": "b"}, "plivo": {}})
    secrets = GatewaySecrets(secrets_manager.client, SECRET)
    assert secrets.of("twilio", NOW) == {"auth_token": "a"}
    assert secrets.of("generic", NOW) == {"secret": "b"}
    assert secrets.of("plivo", NOW) == {}
    assert secrets.of("vonage", NOW) is None


def test_secrets_are_read_again_after_five_minutes(secrets_manager: Stubber) -> None:
    """A rotated secret counts within five minutes, and until then no call is made."""
    stored(secrets_manager, {"generic": {"secret": "old"}})
    secrets = GatewaySecrets(secrets_manager.client, SECRET)
    for seconds in (0, 299.999):
        assert secrets.of("generic", after(seconds)) == {"secret": "old"}
    stored(secrets_manager, {"generic": {"secret": "new"}})
    assert secrets.of("generic", after(300)) == {"secret": "new"}
    assert secrets.of("generic", after(599)) == {"secret": "new"}
    stored(secrets_manager, {})
    assert secrets.of("generic", NOW + timedelta(minutes=10)) is None
    secrets_manager.assert_no_pending_responses()


def test_secrets_that_cannot_be_read_are_asked_for_again(secrets_manager: Stubber) -> None:
    """Before the first reading an error is one for this call only: the next call reads again."""
    secrets = GatewaySecrets(secrets_manager.client, SECRET)
    secrets_manager.add_client_error("get_secret_value", "InternalServiceError")
    with pytest.raises(ClientError):
        secrets.of("generic", NOW)
    stored(secrets_manager, {"generic": {"secret": "a"}})
    assert secrets.of("generic", NOW) == {"secret": "a"}


def test_r3_2_secrets_that_cannot_be_read_anew_stay(secrets_manager: Stubber) -> None:
    """R3.2: where Secrets Manager does not answer, text messages are still taken, with the secrets as they were."""
    stored(secrets_manager, {"generic": {"secret": "old"}})
    secrets = GatewaySecrets(secrets_manager.client, SECRET)
    secrets.of("generic", NOW)
    secrets_manager.add_client_error("get_secret_value", "InternalServiceError")
    assert secrets.of("generic", after(300)) == {"secret": "old"}
    assert secrets.of("generic", after(599)) == {"secret": "old"}
    stored(secrets_manager, {"generic": {"secret": "new"}})
    assert secrets.of("generic", after(600)) == {"secret": "new"}


@pytest.mark.parametrize("odd", ["hush", ["hush"], 7, None])
def test_r3_2_one_gateway_s_odd_secrets_harm_no_other(secrets_manager: Stubber, odd: Any) -> None:
    """R3.2, I3: they are an error for that gateway alone, which does not tell what stands there."""
    stored(secrets_manager, {"twilio": odd, "generic": {"secret": "a"}})
    secrets = GatewaySecrets(secrets_manager.client, SECRET)
    with pytest.raises(msgspec.ValidationError) as error:
        secrets.of("twilio", NOW)
    assert "hush" not in str(error.value)
    assert secrets.of("generic", NOW) == {"secret": "a"}


@pytest.mark.parametrize("value", ["hush", "[]", '"hush"'])
def test_a_secret_that_is_no_object_is_read_again(secrets_manager: Stubber, value: str) -> None:
    """What the operator has mistyped counts as soon as it is mended, and gets into no message (I3)."""
    secrets = GatewaySecrets(secrets_manager.client, SECRET)
    stored(secrets_manager, value)
    with pytest.raises(msgspec.DecodeError) as error:
        secrets.of("generic", NOW)
    assert "hush" not in str(error.value)
    stored(secrets_manager, {"generic": {"secret": "a"}})
    assert secrets.of("generic", NOW) == {"secret": "a"}
