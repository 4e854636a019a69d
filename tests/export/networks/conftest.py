"""What the tests of small networks may use."""

import logging

import pytest

from .attempts import Try, attempted

logging.getLogger("torch.__trace").disabled = True


@pytest.fixture
def attempt() -> Try:
    """Make a network's file for each target in float32 and run it on two of the parity samples."""
    return attempted
