"""The published numbers of Wang C. et al. (2022)."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin

_ERRORS = {
    "teff_pastel": 85.0,
    "logg_pastel": 0.135,
    "feh_pastel": 0.08,
    "logg_apogee": 0.098,
    "feh_apogee": 0.05,
    "mh_apogee": 0.05,
    "alpha_m_apogee": 0.027,
    "c_fe_apogee": 0.052,
    "n_fe_apogee": 0.082,
    "m_ks_lgmwas": 0.22,
    "distance": 0.085,
}
"""Mean errors of spectra with snr > 50: section 4.6, the largest of the magnitudes (0.16 to 0.22 mag); section 6."""
_TEST_SCATTER = {
    "apogee": {"feh": 0.033, "mh": 0.032, "c_fe": 0.044, "n_fe": 0.07, "alpha_m": 0.018, "logg": 0.067},
    "lgmwas": {
        "m_g": 0.132,
        "m_bp": 0.127,
        "m_rp": 0.136,
        "m_j": 0.139,
        "m_h": 0.139,
        "m_ks": 0.134,
        "m_b": 0.157,
        "m_v": 0.143,
        "m_r_apass": 0.148,
        "m_g_sdss": 0.232,
        "m_r_sdss": 0.143,
        "m_i_sdss": 0.153,
        "m_w1": 0.138,
        "m_w2": 0.143,
    },
}
"""Standard deviation of estimate - reference of the test stars: sections 3.2 (figures A2) and 3.3."""
_TRAINING_SCATTER = {"teff": 75.0, "logg": 0.09, "feh": 0.05}
"""The same of the LAMOST-PASTEL training stars: section 3.1."""


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
        place="Sect. 4.6 and 6",
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
            *(_error(quantity, value) for quantity, value in _ERRORS.items()),
            *(_scatter("pastel", n, value, "training", "Sect. 3.1") for n, value in _TRAINING_SCATTER.items()),
            *(_scatter("apogee", n, value, "test", "Sect. 3.2") for n, value in _TEST_SCATTER["apogee"].items()),
            *(_scatter("lgmwas", n, value, "test", "Sect. 3.3") for n, value in _TEST_SCATTER["lgmwas"].items()),
        ),
    )
)
