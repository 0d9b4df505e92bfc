"""Field stars are in equilibrium with the potential: orbits that they are on leave the Galaxy as it is."""

from functools import lru_cache

import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from vacframe_mock_survey.method.frames import R_SUN
from vacframe_mock_survey.method.galaxy.kinematics import disc_velocity, halo_velocity
from vacframe_mock_survey.method.galaxy.populations import GSE, HALO, POPULATIONS, THICK, THIN, density

from vacframe import RowRandom

STARS, SPEED = 6000, 229.0
MYR = 1.0227121e-3
"""A million years, kpc / (km/s)."""


def forces(radius, z):
    """Radial and vertical acceleration, (km/s)²/kpc, on a fine table of galpy's potential."""
    table, radii, heights = _table()
    row, column = (np.interp(np.log(np.maximum(v, g[0])), np.log(g), np.arange(len(g))) for v, g in
                   ((radius, radii), (np.abs(z) + heights[0], heights)))  # fmt: skip
    out = [map_coordinates(component, (row, column), order=1, mode="nearest") for component in table]
    return out[0], out[1] * np.sign(z)


@lru_cache(maxsize=1)
def _table():
    from galpy.potential import MWPotential2014, evaluateRforces, evaluatezforces

    radii, heights = np.geomspace(0.05, 300.0, 400), np.geomspace(0.02, 300.0, 400)
    grid = np.meshgrid(radii / R_SUN, (heights - heights[0]) / R_SUN, indexing="ij")
    unit = SPEED**2 / R_SUN
    return [unit * force(MWPotential2014, *grid) for force in (evaluateRforces, evaluatezforces)], radii, heights


def integrate(position, velocity, years):
    """Rows of R, z (kpc), v_R, v_phi, v_z (km/s) after a time (Myr), and before it: leapfrog, steps of 0.5 Myr."""
    place, speed = np.array(position), np.array(velocity)

    def pull(place):
        radius = np.hypot(place[0], place[1])
        inward, vertical = forces(radius, place[2])
        return np.array([inward * place[0] / radius, inward * place[1] / radius, vertical])

    def rows():
        radius = np.hypot(place[0], place[1])
        outward = (place[0] * speed[0] + place[1] * speed[1]) / radius
        along = (place[0] * speed[1] - place[1] * speed[0]) / radius
        return np.array([radius, place[2], outward, along, speed[2]])

    before, step = rows(), 0.5 * MYR
    speed = speed + 0.5 * step * pull(place)
    for _ in range(int(2 * years)):
        place = place + step * speed
        speed = speed + step * pull(place)
    speed = speed - 0.5 * step * pull(place)
    return rows(), before


def disc(number):
    population = POPULATIONS[number]
    rng = np.random.default_rng(number)
    height = np.full(STARS, np.mean(population.height))
    # Surface density falling as exp(-R / length) from 3 to 16 kpc.
    trial = rng.uniform(3.0, 16.0, 20 * STARS)
    chance = trial * np.exp(-trial / population.length)
    radius = trial[rng.uniform(0, chance.max(), len(trial)) < chance][:STARS]
    angle = rng.uniform(0, 2 * np.pi, STARS)
    z = height * rng.exponential(size=STARS) * rng.choice([-1, 1], STARS)
    position = radius * np.cos(angle), radius * np.sin(angle), z
    return position, disc_velocity(population, height, position, RowRandom(np.arange(STARS), 3))


def halo(number):
    population = POPULATIONS[number]
    rng = np.random.default_rng(number)
    radius = np.geomspace(0.5, 100.0, 4000)
    chance = radius**3 * density(population, None, (radius, np.zeros(4000), np.zeros(4000)))
    r = radius[np.searchsorted(np.cumsum(chance) / chance.sum(), rng.uniform(size=STARS))]
    direction = rng.normal(size=(3, STARS))
    position = tuple(r * direction / np.linalg.norm(direction, axis=0))
    return position, halo_velocity(population, position, RowRandom(np.arange(STARS), 3))


def both(after, before, radius, low, high):
    """Return the rows before and after that lie at radii between two."""
    return [rows[:, (radius(rows) > low) & (radius(rows) < high)] for rows in (before, after)]


@pytest.mark.parametrize(("number", "hotter"), [(THIN, 0.2), (THICK, 0.3)])
def test_discs_stay_as_thick_and_as_hot(number, hotter):
    before, after = both(*integrate(*disc(number), 500), lambda rows: rows[0], 7.0, 9.0)
    assert after.shape[1] == pytest.approx(before.shape[1], rel=0.1)
    assert np.abs(after[1]).mean() == pytest.approx(np.abs(before[1]).mean(), rel=0.1)
    assert after[3].mean() == pytest.approx(before[3].mean(), abs=8)
    for axis in (2, 4):
        assert after[axis].std() == pytest.approx(before[axis].std(), rel=0.12), axis
    # Epicycles, κ/2Ω, are an approximation for hot discs.
    assert 0.9 < after[3].std() / before[3].std() < 1 + hotter


def test_a_disc_that_is_too_cold_would_collapse():
    position, velocity = disc(THICK)
    cold = velocity[0], velocity[1], 0.5 * velocity[2]
    before, after = both(*integrate(position, cold, 500), lambda rows: rows[0], 7.0, 9.0)
    assert np.abs(after[1]).mean() < 0.85 * np.abs(before[1]).mean()


@pytest.mark.parametrize("number", [HALO, GSE])
def test_halos_keep_their_profile_and_motions(number):
    def radius(rows):
        return np.hypot(rows[0], rows[1])

    after, before = integrate(*halo(number), 500)
    for part in (0.25, 0.5, 0.75):
        assert np.quantile(radius(after), part) == pytest.approx(np.quantile(radius(before), part), rel=0.08)
    before, after = both(after, before, radius, 6.0, 15.0)
    speed = [np.sqrt((rows[2:] ** 2).sum(axis=0).mean()) for rows in (before, after)]
    assert speed[1] == pytest.approx(speed[0], rel=0.05)
