"""The pages behind CloudFront, published as `make publish` does it, on the emulator's bucket and distribution."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from local.device import Socket
from local.pages import security_headers
from publish import aws, pages
from publish.__main__ import main
from tests.stacks import Deploy, Stack

pytestmark = pytest.mark.e2e

DOMAIN = "pages.example.com"
CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012"
PATHS = ("/", "/approve", "/sign-in", "/nod/index.js", "/icons/nod.svg", "/config.json")


@pytest.fixture(scope="module")
def stack(deploy: Deploy) -> Stack:
    """A stack that serves pages under a domain of its own."""
    return deploy("nod-pages", PagesDomain=DOMAIN, PagesCertificate=CERTIFICATE, AllowedOrigins="none", PhonePage="")


@pytest.fixture(scope="module")
def site(stack: Stack) -> aws.Site:
    """Its pages, published."""
    site = aws.Site.of(stack.cloud.client, stack.name)
    assert len(list(aws.upload(stack.cloud.client, site))) == len(pages.files()) + 1
    return site


@pytest.fixture(scope="module")
def viewer(stack: Stack, site: aws.Site) -> Iterator[httpx.Client]:
    """A browser that asks CloudFront, by TLS as far as CloudFront can tell."""
    described = stack.cloud.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"][0]
    target = pages.outputs_of(described)["PagesTarget"]
    headers = {"host": target, "x-forwarded-proto": "https"}
    with httpx.Client(base_url=stack.cloud.url, headers=headers, trust_env=False) as client:
        yield client


def keys(stack: Stack, site: aws.Site) -> set[str]:
    """What lies in the bucket."""
    found = stack.cloud.client("s3").list_objects_v2(Bucket=site.bucket)
    return {one["Key"] for one in found.get("Contents", ())}


@pytest.mark.parametrize("path", PATHS)
def test_cloudfront_serves_what_was_published_with_the_headers_of_the_local_pages(
    stack: Stack, viewer: httpx.Client, path: str
) -> None:
    """Pages by their name, modules, pictures: the file itself, its type, and all headers; TLS is demanded as well."""
    answer = viewer.get(path)
    assert answer.status_code == 200
    key = pages.key_of(path)
    assert answer.headers["content-type"] == pages.content_type(key)
    expected = security_headers(stack.endpoints)
    assert {name: answer.headers.get(name) for name in expected} == expected
    assert answer.headers["strict-transport-security"] == "max-age=63072000"
    assert answer.headers["cache-control"] == aws.CACHING
    if key != pages.CONFIG:
        assert answer.content == pages.files()[key].read_bytes()


def test_the_pages_are_told_where_their_service_is(stack: Stack, viewer: httpx.Client) -> None:
    """`config.json` names the HTTP API, and which ways in there are."""
    assert viewer.get("/config.json").json() == {"http": stack.http, "sign_up": True, "sms": True}


def test_what_is_not_there_is_a_page_that_says_so(viewer: httpx.Client) -> None:
    """404, with the headers, also for what lies in `web/` and is not published."""
    for path in ("/nothing", "/nothing.js", "/package.json", "/tests/service.js", "/tsconfig"):
        answer = viewer.get(path)
        assert answer.status_code == 404
        assert answer.content == pages.files()[pages.NOT_FOUND].read_bytes()
        assert "content-security-policy" in answer.headers


def test_only_the_distribution_reads_the_bucket(stack: Stack, site: aws.Site) -> None:
    """Origin access control: nobody else gets a file, with or without the bucket's name."""
    answer = httpx.get(f"{stack.cloud.url}/{site.bucket}/index.html", trust_env=False)
    assert answer.status_code == 403


def test_without_tls_a_viewer_is_sent_there(viewer: httpx.Client) -> None:
    """HTTP is answered by a redirect only; nothing can be posted."""
    answer = viewer.get("/approve", headers={"x-forwarded-proto": "http"})
    assert answer.status_code == 301
    assert answer.headers["location"].startswith("https://")
    assert viewer.post("/approve").status_code == 403


def test_its_pages_may_call_the_stack_and_no_others(stack: Stack, site: aws.Site) -> None:
    """The domain is an allowed origin by itself, and the one that QR codes lead to."""
    assert site.url == f"https://{DOMAIN}"
    for origin, allowed in ((site.url, site.url), ("https://evil.example.com", None)):
        headers = {"origin": origin, "access-control-request-method": "POST"}
        answer = httpx.options(f"{stack.http}/sign-ins", headers=headers, trust_env=False)
        assert answer.headers.get("access-control-allow-origin") == allowed
    handset = stack.handset()
    pc = stack.texted_in(handset)
    with pytest.raises(InvalidStatus):
        connect(pc.ticket_url("hand_over"), origin=Origin("https://evil.example.com"))
    with connect(pc.ticket_url("hand_over"), origin=Origin(site.url)) as connection:
        page = Socket(connection)
        assert page.ask("hello")["type"] == "welcome"
        stack.device("Ada's phone", "phone").start_qr(handset.number)
        assert page.expect("qr")["url"].startswith(f"https://{DOMAIN}/scan#scan_token=")


def test_publishing_again_takes_away_what_is_gone(stack: Stack, site: aws.Site) -> None:
    """What is no file of the pages any more goes; the rest is there, and CloudFront is told."""
    client = stack.cloud.client
    client("s3").put_object(Bucket=site.bucket, Key="pages/old.js", Body=b"")
    list(aws.upload(client, site))
    aws.invalidate(client, site)
    aws.clear_away(client, site)
    assert keys(stack, site) == {*pages.files(), pages.CONFIG}
    listed = client("cloudfront").list_invalidations(DistributionId=site.distribution)["InvalidationList"]
    assert listed["Quantity"] == 1


def test_removing_empties_the_bucket(stack: Stack, site: aws.Site) -> None:
    """So that the stack can be deleted."""
    assert aws.remove(stack.cloud.client, site) == len(pages.files()) + 1
    assert keys(stack, site) == set()
    list(aws.upload(stack.cloud.client, site))


def test_a_stack_without_pages_cannot_be_published_to(deploy: Deploy) -> None:
    """It is said which parameters are missing."""
    other = deploy("nod-local")
    with pytest.raises(aws.NoPages, match="deploy it with PagesDomain and PagesCertificate first"):
        aws.Site.of(other.cloud.client, other.name)


def test_the_command_publishes_and_says_where(
    stack: Stack, site: aws.Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make publish`, with the credentials and the address of the emulator; what it cannot do it says in one line."""
    settings: dict[str, Any] = {
        "AWS_ENDPOINT_URL": stack.cloud.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert main(["--stack-name", stack.name]) == 0
    said = capsys.readouterr().out
    assert f"Published {len(pages.files()) + 1} files: https://{DOMAIN}" in said
    assert main(["--stack-name", "nod-nowhere"]) == 1
    assert "nod-nowhere" in capsys.readouterr().err
