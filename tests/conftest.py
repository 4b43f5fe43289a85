"""What holds for all tests."""

import pytest

# Tests live in these modules too, though their names do not say so: let their assertions explain themselves.
pytest.register_assert_rewrite("tests.contract", "tests.builders", "tests.fakes", "tests.pages")

pytest_plugins = ["tests.stacks"]
