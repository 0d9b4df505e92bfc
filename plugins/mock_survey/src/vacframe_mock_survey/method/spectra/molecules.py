"""Molecules: their equilibrium, and the light that their bands let through four layers of the atmosphere.

In cgs units, wavelengths in Å, temperatures in K; compiled by numba, one star at a time. Inside a pixel the opacity of
a molecule's many lines varies by orders of magnitude; the tables hold its mean in `SHARES` of each pixel's width,
ordered by opacity (the k-distribution: Goody et al. 1989, JQSRT 42, 539), and those of all molecules are taken to be
correlated.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from vacframe_mock_survey.method.spectra.compilation import compiled
from vacframe_mock_survey.method.spectra.constants import AMU, EV, HELIUM, SECOND_RADIATION, C, H, K
from vacframe_mock_survey.method.spectra.gas import continuum, layer, saha

if TYPE_CHECKING:
    from vacframe_mock_survey.method.spectra.tables import Tables

SHARES = np.array([0.55, 0.30, 0.15])
"""Shares of a pixel's width, from its least to its most opaque part."""
LAYER_EDGES = np.array([0.003, 0.03, 0.15, 0.5])
"""Optical depths in the continuum of the layers' lower edges."""
LAYER_TEMPERATURES = np.array([0.775, 0.84, 0.90, 0.935])
"""Their temperatures at log g = 1 in units of Teff; below them shines the continuum of Teff."""
GRAVITY = 0.01
"""What each dex of log g adds to `LAYER_TEMPERATURES`: giants have the cooler surfaces. With these and the strengths of
TiO and CaH (``tools/make_lines.py``), TiO at 5870, 6210, 7057 and 7132 Å of MILES giants and of LAMOST's M dwarfs, and
CaH at 6830 and 6975 Å of these, come out right: in the median within 0.1 of the logarithm in seven ranges of Teff from
3300 to 4250 K, four from 3100 to 4000 K."""
HEATING, HEATED, HEATED_METALS = 1.3e-4, 3650.0, 350.0
"""What TiO that heats the layers it absorbs in (Krupp, Collins & Johnson 1978, ApJ 219, 963) adds to the temperatures
of giants per K that Teff is below a limit; the limit, K, and what a dex of titanium adds to it. Less at higher log g,
nothing at log g = 5. Adjusted on the same giants: their bands hardly deepen below 3500 K."""
AMOUNT = 4.0
"""Factor on the equilibrium of all molecules but CO and H2: what the real layers, cooler at times and places, have more
than these. With it CH, CN, MgH and TiO of MILES giants, and CaH of M dwarfs, get their strengths."""
LEAST = 3e-4
"""Molecules of an optical depth below this everywhere are left out."""
HOTTEST = 7000.0
"""Teff, K, above which there are no molecules worth computing."""
HYDROGEN = (4.478, 60.85, 4401.2, 0.504)
"""H2: dissociation energy (eV), rotational and vibrational constants (1/cm), reduced mass (Huber & Herzberg 1979)."""


@compiled
def equilibrium(temperature: float, energy: float, b: float, w: float, g: float, mass: float, weights: float) -> float:
    """Return N(XY) / (N(X) N(Y)), cm3: the law of mass action for a diatomic molecule (Tatum 1966).

    `weights` is the product of the atoms' partition functions.
    """
    kt = K * temperature
    rotation = kt / (H * C * b)
    vibration = 1.0 / (1.0 - math.exp(-H * C * w / kt))
    volume = (H**2 / (2.0 * math.pi * mass * AMU * kt)) ** 1.5
    return volume * g * rotation * vibration / weights * math.exp(energy * EV / kt)


@compiled
def atomic_hydrogen(temperature: float, nuclei: float) -> float:
    """Return the share of hydrogen nuclei that are not in H2; `nuclei` is their number per cm3."""
    energy, b, w, mass = HYDROGEN
    # Of two equal nuclei half of the rotational levels.
    x = equilibrium(temperature, energy, b, w, 0.5, mass, 4.0) * nuclei
    return 2.0 / (1.0 + math.sqrt(1.0 + 8.0 * x))


@compiled
def molecule_strength(temperature: float, nuclei: float, pe: float, abundance: np.ndarray, t: Tables) -> np.ndarray:
    """Return molecules per hydrogen nucleus over their partition function, for the molecules of `elements`.

    `nuclei` is the number of hydrogen nuclei per cm3.
    """
    hydrogen = atomic_hydrogen(temperature, nuclei)
    free = np.empty(abundance.size)
    for i in range(abundance.size):
        free[i] = abundance[i] / (1.0 + saha(temperature, pe, t.ionisation[i], t.ion_ratio[i]))
    carbon, oxygen = t.carbon_oxygen
    # Carbon and oxygen left over by CO (11.09 eV, 1.93 and 2170 1/cm, weight 1; Huber & Herzberg 1979).
    bound = equilibrium(temperature, 11.09, 1.93, 2170.0, 1.0, 6.857, t.neutral[carbon] * t.neutral[oxygen]) * nuclei
    total = free[carbon] + free[oxygen] + 1.0 / bound
    co = 0.5 * (total - math.sqrt(max(total * total - 4.0 * free[carbon] * free[oxygen], 0.0)))
    free[carbon] = max(free[carbon] - co, 1e-4 * free[carbon])
    free[oxygen] = max(free[oxygen] - co, 1e-4 * free[oxygen])
    out = np.empty(t.molecule_atoms.shape[0])
    for m in range(t.molecule_atoms.shape[0]):
        x, y = t.molecule_atoms[m]
        energy, b, w, g, mass = t.molecule_constants[m]
        partner = hydrogen if y < 0 else free[y]
        weights = t.neutral[x] * (2.0 if y < 0 else t.neutral[y])
        ratio = equilibrium(temperature, energy, b, w, g, mass, weights) * nuclei * AMOUNT
        # No more molecules than atoms of the rarer kind.
        number = free[x] * partner * ratio / (1.0 + ratio * max(partner, free[x]))
        kt = K * temperature
        partition = g * kt / (H * C * b) / (1.0 - math.exp(-H * C * w / kt))
        out[m] = number / partition
    return out


@compiled
def band_shapes(shift: float, temperature: float, active: np.ndarray, pixels: int, t: Tables) -> np.ndarray:
    """Return the opacity of the molecules `active`, shape (n_active, shares, pixels), float32, moved by `shift` pixels.

    Interpolated in temperature between those of the tables.
    """
    grid = t.band_temperatures
    k = 0
    while k < grid.size - 2 and temperature > grid[k + 1]:
        k += 1
    u = (1.0 / temperature - 1.0 / grid[k]) / (1.0 / grid[k + 1] - 1.0 / grid[k])
    u = min(max(u, 0.0), 1.0)
    whole = math.floor(shift)
    first, part = t.band_offset - whole, shift - whole
    a, b = np.float32((1.0 - u) * (1.0 - part)), np.float32((1.0 - u) * part)
    c, d = np.float32(u * (1.0 - part)), np.float32(u * part)
    out = np.empty((active.size, SHARES.size, pixels), dtype=np.float32)
    for n in range(active.size):
        for g in range(SHARES.size):
            cool, hot, row = t.bands[active[n], k, g], t.bands[active[n], k + 1, g], out[n, g]
            # Slices, whose indices cannot be negative, let the compiler do many pixels at once.
            here, there = cool[first : first + pixels], hot[first : first + pixels]
            cool, hot = cool[first - 1 : first - 1 + pixels], hot[first - 1 : first - 1 + pixels]
            for j in range(pixels):
                row[j] = a * here[j] + b * cool[j] + c * there[j] + d * hot[j]
    return out


@compiled
def along(zones: np.ndarray, t: Tables, out: np.ndarray) -> None:
    """Fill `out`, shape (n_pixel,), with values given at the zones."""
    for z in range(zones.size - 1):
        slope = zones[z + 1] - zones[z]
        offset = zones[z] - slope * z
        part = out[t.zone_pixels[z] : t.zone_pixels[z + 1]]
        place = t.pixel_zone[t.zone_pixels[z] : t.zone_pixels[z + 1]]
        for j in range(part.size):
            part[j] = offset + slope * place[j]


@compiled
def dim(x: np.float32) -> np.float32:
    """Return exp(-x) to 0.004, as a power that the compiler can do for many numbers at once."""
    y = np.float32(1.0) / (np.float32(1.0) + x * np.float32(0.015625))
    y *= y
    y *= y
    y *= y
    y *= y
    y *= y
    return y * y


@compiled
def transmission(shift: float, teff: float, logg: float, abundance: np.ndarray, t: Tables, out: np.ndarray) -> None:
    """Fill `out`, shape (n_pixel,), with the flux that the molecules leave, relative to the continuum.

    The layers emit and absorb: flux = sum of B(T) (exp(-tau above) - exp(-tau below)).
    """
    out[:] = 1.0
    if teff > HOTTEST:
        return
    layers, pixels, zones = LAYER_EDGES.size, out.size, t.zones.size
    limit = HEATED + HEATED_METALS * math.log10(abundance[t.titanium] / 8.9e-8)
    excess = GRAVITY * (logg - 1.0) + HEATING * max(limit - teff, 0.0) * max(1.0 - 0.2 * logg, 0.0)
    number = np.empty((layers, t.molecule_atoms.shape[0]))
    opacity = np.empty((layers, zones))
    light = np.empty((layers, zones))
    for i in range(layers):
        temperature = (LAYER_TEMPERATURES[i] + excess) * teff
        top = LAYER_EDGES[i - 1] if i else 0.0
        gas, pe = layer(temperature, logg, 0.5 * (top + LAYER_EDGES[i]), abundance, t)
        nuclei = gas / ((1.0 + HELIUM) * K * temperature)
        number[i] = molecule_strength(temperature, nuclei, pe, abundance, t)
        for z in range(zones):
            # Line absorption per unit of continuous opacity, width of the pixels in velocity.
            opacity[i, z] = t.molecular_scale / continuum(t.zones[z], temperature, pe)
            x = SECOND_RADIATION / t.zones[z]
            light[i, z] = math.expm1(x / teff) / math.expm1(x / temperature)
    middle = zones // 2
    active = np.array(
        [
            m
            for m in range(number.shape[1])
            if np.max(number[:, m] * opacity[:, middle] * (LAYER_EDGES)) * t.band_peak[m] > LEAST
        ],
        dtype=np.int64,
    )
    if active.size == 0:
        return
    temperature = (LAYER_TEMPERATURES[1] + excess) * teff
    shapes = band_shapes(shift, temperature, active, pixels, t)
    scale = np.empty((layers, pixels), dtype=np.float32)
    planck = np.ones((layers + 1, pixels), dtype=np.float32)
    unity = np.zeros(pixels, dtype=np.float32)
    before = 1.0
    for i in range(layers):
        along(opacity[i] * (LAYER_EDGES[i] - (LAYER_EDGES[i - 1] if i else 0.0)), t, scale[i])
        along(light[i], t, planck[i])
        after = dim(np.float32(LAYER_EDGES[i]))
        unity += planck[i] * np.float32(before - after)
        before = after
    unity += np.float32(before)
    total = np.zeros(pixels, dtype=np.float32)
    depth, above, eta = np.empty((3, pixels), dtype=np.float32)
    for g in range(SHARES.size):
        share = np.float32(SHARES[g])
        depth[:] = 0.0
        above[:] = 1.0
        for i in range(layers):
            eta[:] = 0.0
            for n in range(active.size):
                amount, row = np.float32(number[i, active[n]]), shapes[n, g]
                for j in range(pixels):
                    eta[j] += amount * row[j]
            thickness = np.float32(LAYER_EDGES[i] - (LAYER_EDGES[i - 1] if i else 0.0))
            dark, source = scale[i], planck[i]
            for j in range(pixels):
                depth[j] += thickness + eta[j] * dark[j]
                below = dim(depth[j])
                total[j] += share * source[j] * (above[j] - below)
                above[j] = below
        for j in range(pixels):
            total[j] += share * above[j]
    for j in range(pixels):
        out[j] = total[j] / unity[j]
