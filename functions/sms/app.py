"""Lambda entry point: text messages, from gateways that call the webhook and from the topic of AWS's own."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from nod import bootstrap, settings
from nod.api import http
from nod.observability import without_words

WEBHOOKS = bootstrap.sms(settings.from_environment())
app = http.resolver()


@app.post("/sms/<gateway>")
@app.post("/sms/<gateway>/<path_secret>")
def receive(gateway: str, path_secret: str | None = None) -> Response[Any]:
    """A gateway's call (R3.2): 200 in its own format, 401 `invalid_signature`, 404 where it is not set up.

    `path_secret` is the rest of the address, of a gateway whose calls prove too little for any other.
    """
    answer = WEBHOOKS.call(
        gateway,
        path_secret=path_secret,
        headers=http.headers(app),
        query=app.current_event.raw_query_string,
        body=http.raw_body(app),
    )
    return http.answer_as(answer.content_type, answer.body)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request, or take one event of the topic."""
    if "Records" in event:
        with without_words("not every message was acted upon: to be delivered again"):
            WEBHOOKS.notify(event)
        return {}
    return http.resolve(app, event, context)
