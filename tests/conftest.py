"""What holds for all tests."""

import pytest

# Tests live in these modules too, though their names do not say so: let their assertions explain themselves.
pytest.register_assert_rewrite(
    "tests.contract", "tests.builders", "tests.fakes", "tests.invariants", "tests.pages", "tests.sockets"
)

pytest_plugins = ["tests.stacks"]

# What shares a cloud or a browser, and so is to run in one process. The longest come first.
TOGETHER = {
    "tests/attacks": "cloud",
    "tests/e2e": "cloud",
    "tests/pages": "pages",
    "tests/fuzz": "wire",
    "tests/races": "wire",
    "tests/sockets": "wire",
}


@pytest.hookimpl(tryfirst=True)  # Before pytest-xdist looks for the groups.
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the processes of a run take the tests of a folder as a whole, and share the rest one by one."""
    for item in items:
        folder = next((folder for folder in TOGETHER if f"/{folder}/" in item.path.as_posix()), None)
        if folder and not _is_in_process(item, folder):
            item.add_marker(pytest.mark.xdist_group(TOGETHER[folder]))
    items.sort(key=lambda item: not item.get_closest_marker("xdist_group"))


def _is_in_process(item: pytest.Item, folder: str) -> bool:
    """Whether it is one of the fuzzers that ask no stack, which need no company."""
    return folder == "tests/fuzz" and "stack" not in getattr(item, "fixturenames", ())
