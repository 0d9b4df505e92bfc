"""Pixels of the sky: their text, what they hold, what is near them."""

import healpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacframe.core.columns.pixel import Pixel, parts_within
from vacframe.core.columns.position import healpix29

PIXELS = st.integers(0, 12).flatmap(lambda o: st.integers(0, 12 * 4**o - 1).map(lambda n: Pixel(o, n)))


@given(PIXELS)
def test_text_and_back(pixel):
    assert Pixel.parse(str(pixel)) == pixel
    assert Pixel.parse(f"Norder{pixel.order}/Npix{pixel.number}") == pixel
    assert Pixel.parse(f"Norder={pixel.order}/Npix={pixel.number}") == pixel


@pytest.mark.parametrize("text", ["", "3", "3/", "/4", "3/x", "-1/0", "0/12", "30/1", "all", "scan 3"])
def test_what_names_no_pixel(text):
    with pytest.raises(ValueError, match="no pixel"):
        Pixel.parse(text)


@given(PIXELS)
def test_a_pixel_holds_its_middle_and_starts_at_its_first(pixel):
    ra, dec = healpy.pix2ang(1 << pixel.order, pixel.number, nest=True, lonlat=True)
    middle = healpix29(np.array([ra]), np.array([dec]))
    assert pixel.holds(middle).all()
    assert pixel.first <= middle[0]
    assert not pixel.holds(np.array([pixel.first - 1])).any()


@given(st.lists(PIXELS, max_size=15), PIXELS, st.floats(0, 20))
def test_neighbours_are_all_that_come_near(parts, pixel, margin):
    near = parts_within(parts, pixel, margin)
    assert set(near) <= set(parts)
    inside = healpy.boundaries(1 << pixel.order, pixel.number, step=2, nest=True).T
    for other in set(parts) - set(near):
        edge = healpy.boundaries(1 << other.order, other.number, step=2, nest=True).T
        assert np.degrees(np.arccos(np.clip(inside @ edge.T, -1, 1))).min() > margin * (1 - 1e-9)
