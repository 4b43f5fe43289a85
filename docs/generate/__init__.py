"""Writes `docs/openapi.yaml` and `docs/asyncapi.yaml` from the types that parse requests and frames."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
