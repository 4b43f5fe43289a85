"""What holds for all tests."""

import pytest

# Tests live in these modules too, though their names do not say so: let their assertions explain themselves.
pytest.register_assert_rewrite("tests.contract", "tests.builders", "tests.fakes", "tests.pages")

pytest_plugins = ["tests.stacks"]

# What shares a cloud or a browser, and so is to run in one process. The longest come first.
TOGETHER = {"tests/attacks": "cloud", "tests/e2e": "cloud", "tests/pages": "pages"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the processes of a run take the tests of a folder as a whole, and share the rest one by one."""
    for item in items:
        group = next((name for folder, name in TOGETHER.items() if f"/{folder}/" in item.path.as_posix()), None)
        if group:
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: not item.get_closest_marker("xdist_group"))
