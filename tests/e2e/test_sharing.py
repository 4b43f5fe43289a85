"""How the processes of a run share the tests."""

import pytest

GROUP = "cloud"


def test_what_shares_a_cloud_runs_in_one_process(request: pytest.FixtureRequest) -> None:
    """pytest-xdist sees the groups: where it does not, all else passes as well, and takes twice as long."""
    group = request.node.get_closest_marker("xdist_group")
    assert group.args == (GROUP,)
    if request.config.getoption("loadgroup", default=False):
        assert request.node.nodeid.endswith(f"@{GROUP}")
