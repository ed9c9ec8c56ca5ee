"""Every explorer, moved at random for a while; tests/soak.py does it for long."""

import asyncio

import pytest
import soak

from lessonlib import explore
from lessonlib.explore import explorer as mechanism


@pytest.mark.parametrize("name", soak.EXPLORERS)
def test_after_random_events_an_explorer_shows_what_a_new_one_shows(name, monkeypatch):
    monkeypatch.setattr(mechanism, "REST", 0.005)
    asyncio.run(soak.soak(name, 15, 8, seed=1))


def test_no_explorer_is_left_out():
    assert {"Explorer", *soak.EXPLORERS} == set(explore.__all__)
