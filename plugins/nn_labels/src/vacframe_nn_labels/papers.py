"""The published numbers of Wang C. et al. (2022)."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin

_PLACE_OF_ERRORS = "Sect. 4.6 and 6"
_ERRORS = (
    ("teff_pastel", 85.0),
    ("logg_pastel", 0.135),
    ("feh_pastel", 0.08),
    ("logg_apogee", 0.098),
    ("feh_apogee", 0.05),
    ("mh_apogee", 0.05),
    ("alpha_m_apogee", 0.027),
    ("c_fe_apogee", 0.052),
    ("n_fe_apogee", 0.082),
    ("m_ks_lgmwas", 0.22),
    ("distance", 0.085),
)
"""Quantity, mean error of spectra with snr > 50: section 4.6, the largest of the magnitudes (0.16 to 0.22 mag); the
distance's, which is relative, is of section 6."""
_SCATTERS = (
    ("pastel", "teff", 75.0, "training", "Sect. 3.1"),
    ("pastel", "logg", 0.09, "training", "Sect. 3.1"),
    ("pastel", "feh", 0.05, "training", "Sect. 3.1"),
    ("apogee", "feh", 0.033, "test", "Sect. 3.2"),
    ("apogee", "mh", 0.032, "test", "Sect. 3.2"),
    ("apogee", "c_fe", 0.044, "test", "Sect. 3.2"),
    ("apogee", "n_fe", 0.07, "test", "Sect. 3.2"),
    ("apogee", "alpha_m", 0.018, "test", "Sect. 3.2"),
    ("apogee", "logg", 0.067, "test", "Sect. 3.2"),
    ("lgmwas", "m_g", 0.132, "test", "Sect. 3.3"),
    ("lgmwas", "m_bp", 0.127, "test", "Sect. 3.3"),
    ("lgmwas", "m_rp", 0.136, "test", "Sect. 3.3"),
    ("lgmwas", "m_j", 0.139, "test", "Sect. 3.3"),
    ("lgmwas", "m_h", 0.139, "test", "Sect. 3.3"),
    ("lgmwas", "m_ks", 0.134, "test", "Sect. 3.3"),
    ("lgmwas", "m_b", 0.157, "test", "Sect. 3.3"),
    ("lgmwas", "m_v", 0.143, "test", "Sect. 3.3"),
    ("lgmwas", "m_r_apass", 0.148, "test", "Sect. 3.3"),
    ("lgmwas", "m_g_sdss", 0.232, "test", "Sect. 3.3"),
    ("lgmwas", "m_r_sdss", 0.143, "test", "Sect. 3.3"),
    ("lgmwas", "m_i_sdss", 0.153, "test", "Sect. 3.3"),
    ("lgmwas", "m_w1", 0.138, "test", "Sect. 3.3"),
    ("lgmwas", "m_w2", 0.143, "test", "Sect. 3.3"),
)
"""Training set, label, standard deviation of estimate - reference, of which of its stars, place (3.2: figures A2)."""


def _other_sets(config: NnLabelsConfig) -> str:
    """Return why numbers are not the paper's; empty where the training sets are."""
    same = config.training_sets == NnLabelsConfig().training_sets
    return "" if same else "the training sets are not the paper's"


def _number(name: str, value: float, **other: Any) -> vf.Published:
    return vf.Published(
        name=name,
        value=value,
        tolerance=0.1 * value,
        compare="at_most",
        measure=vf.single_value,
        caveat=_other_sets,
        **other,
    )


def _error(quantity: str, value: float) -> vf.Published:
    return _number(
        f"error of {quantity}",
        value,
        place=_PLACE_OF_ERRORS,
        product="nn_precision",
        columns=("error",),
        where=f"quantity == '{quantity}'",
        how=f"mean {'relative ' if quantity == 'distance' else ''}error of {quantity}, spectra with snr_g > 50",
    )


def _scatter(training_set: str, label: str, value: float, sample: str, place: str) -> vf.Published:
    return _number(
        f"{label}_{training_set}, {sample} stars",
        value,
        place=place,
        product="nn_report",
        columns=("std",),
        where=f"training_set == '{training_set}' and label == '{label}' and method == 'nn' and sample == '{sample}'",
        how=f"standard deviation of estimate - reference, {sample} stars",
    )


wang2022 = plugin.paper(
    vf.Paper(
        name="wang2022",
        title="The Value-added Catalog for LAMOST DR8 Low-resolution Spectra",
        citation=plugin.citation,
        products=("nn_labels",),
        numbers=(
            *(_error(*row) for row in _ERRORS),
            *(_scatter(*row) for row in _SCATTERS),
        ),
    )
)
