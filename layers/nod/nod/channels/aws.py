"""botocore clients for the services beside DynamoDB, made from one session."""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    max_pool_connections=16,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,
)


def client(service: str, **options: Any) -> Any:
    """A client for `service`; endpoints come from the environment (`AWS_ENDPOINT_URL_<SERVICE>`)."""
    return _session().create_client(service, config=CONFIG, **options)


@cache
def _session() -> Session:
    return get_session()
