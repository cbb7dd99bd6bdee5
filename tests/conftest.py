"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

_SLOW = [HealthCheck.too_slow]
settings.register_profile("quick", deadline=None, max_examples=30, suppress_health_check=_SLOW)
settings.register_profile("soak", deadline=None, max_examples=3000, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cases",
        type=Path,
        metavar="DIR",
        help="worked figures for the conformance tests, instead of the project's own",
    )


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference material beside the checkout; tests that want it are skipped without."""
    beside = ROOT.parent / "shared"
    if not beside.is_dir():
        pytest.skip("the reference material is not beside the checkout")
    return beside
