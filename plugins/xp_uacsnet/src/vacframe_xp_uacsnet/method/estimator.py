"""The trained ensemble with its scales: learned from stars, kept as a model, applied to stars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vacframe import Batch, Context, Model, VacframeError, text_seed
from vacframe.ml import backend
from vacframe.ml.scale import Scale, scale_of
from vacframe_xp_uacsnet.method.network import Ensemble
from vacframe_xp_uacsnet.method.network_training import TrainingStars, cost_weights, train
from vacframe_xp_uacsnet.method.training_hull import Hull, hull_of

if TYPE_CHECKING:
    from vacframe_xp_uacsnet.config import UacsnetOptions

WITHIN = 0.6827
"""Fraction of a Gaussian within one standard deviation."""


@dataclass(frozen=True)
class Estimator:
    """A trained ensemble with its scales.

    Attributes
    ----------
    ensemble : Ensemble
    flux, errors : Scale
        Of the p pixels and of their errors.
    clip : float
        Limit of the standardised values.
    factor : float
        By which the errors are multiplied.
    hull : Hull
        Where the training stars are.
    """

    ensemble: Ensemble
    flux: Scale
    errors: Scale
    clip: float
    factor: float
    hull: Hull

    def inputs(self, flux: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return standardised pixels and errors, float32 of shape (n, p)."""
        return self.flux.standardise(flux, self.clip), self.errors.standardise(errors, self.clip)

    def estimate(self, flux: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return [Fe/H], its error and the members' spread, each of shape (n,); NaN where a pixel is missing.

        Members are weighed by their inverse variances, so that one that learned little says little. The variance is
        the harmonic mean of theirs (they share the star's noise: no division by their number) plus their spread's.
        """
        feh, sigma = (v.astype(np.float64) for v in self.ensemble.predict(*self.inputs(flux, errors)))
        precision = sigma**-2
        weight = precision / precision.sum(axis=0)
        mean = (weight * feh).sum(axis=0)
        spread = np.sqrt((weight * (feh - mean) ** 2).sum(axis=0))
        error = self.factor * np.sqrt(1.0 / precision.mean(axis=0) + spread**2)
        missing = ~np.isfinite(flux).all(axis=1)
        for values in (mean, error, spread):
            values[missing] = np.nan
        return mean, error, spread


def learn(stars: Batch, context: Context, options: UacsnetOptions) -> Model:
    """Train the network.

    Parameters
    ----------
    stars : Batch
        Training stars of `xp_training_set`.
    context : Context
    options : UacsnetOptions

    Raises
    ------
    VacframeError
        If there are fewer stars than `minimum_stars`.
    """
    stars = stars.take(usable(stars))
    ordered = stars.take(np.argsort(stars["source_id"], kind="stable"))
    keys, flux, errors = ordered["source_id"], ordered["flux"], ordered["flux_error"]
    feh, colour = (ordered[n].astype(np.float64) for n in ("feh", "bp_rp0"))
    if len(keys) < options.minimum_stars:
        raise VacframeError(
            f"uacsnet_model: {len(keys)} training stars, at least {options.minimum_stars} are needed. A training star "
            "has a label and fulfils cuts 1 to 3 and training_where; see the counts of xp_features and "
            "xp_training_set. Relax the cuts, give more labels, or lower network.minimum_stars."
        )
    scales = scale_of(flux), scale_of(errors)
    held = context.split(keys, options.validation_fraction, name="held")
    data = TrainingStars(
        scales[0].standardise(flux, options.clip),
        scales[1].standardise(errors, options.clip),
        np.nan_to_num(errors / scales[0].std).astype(np.float32),
        feh.astype(np.float32),
        cost_weights(colour, feh, options.cost_bins, options.gamma).astype(np.float32),
        held,
    )
    seeds = [text_seed(context.seed, "member", m) for m in range(options.members)]
    trained = train(data, options, seeds, seed=text_seed(context.seed, "order") >> 33, on_epochs=context.progress)
    hull = hull_of(data.flux)
    ensemble = Ensemble(trained.weights, options.floor, options.floor_of)
    estimate, error, _ = Estimator(ensemble, *scales, options.clip, 1.0, hull).estimate(flux[held], errors[held])
    arrays = {f"weight_{i}": w for i, w in enumerate(trained.weights)} | hull.arrays()
    for name, scale in zip(("flux", "errors"), scales, strict=True):
        arrays |= {f"{name}_mean": scale.mean, f"{name}_std": scale.std}
    card = {
        "stars": len(keys),
        "members": options.members,
        "factor": weighted_quantile(np.abs(estimate - feh[held]) / error, data.cost[held], WITHIN),
        "best_epoch": trained.best_epoch.tolist(),
        "training_loss": trained.training_loss.tolist(),
        "validation_loss": trained.validation_loss.tolist(),
        "feh_range": [float(feh.min()), float(feh.max())],
        "colour_range": [float(colour.min()), float(colour.max())],
        "network": options.model_dump(mode="json"),
        "libraries": backend.library_versions(),
    }
    return Model(arrays, card)


def weighted_quantile(values: np.ndarray, weights: np.ndarray, fraction: float) -> float:
    """Return the smallest value up to which lies this fraction of the weight; 1 where there are no values."""
    if not len(values):
        return 1.0
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    return float(values[order[min(int(np.searchsorted(share, fraction)), len(order) - 1)]])


def usable(stars: Batch) -> np.ndarray:
    """Return which stars have all that is learned from, shape (n,)."""
    found = np.isfinite(stars["flux"]).all(axis=1) & np.isfinite(stars["feh"]) & np.isfinite(stars["bp_rp0"])
    return np.asarray(found)


def restore(model: Model) -> Estimator:
    """Return the estimator that `learn` stored."""
    options = model.metadata["network"]
    count = sum(name.startswith("weight_") for name in model.arrays)
    weights = [np.asarray(model[f"weight_{i}"]) for i in range(count)]
    flux, errors = (Scale(np.asarray(model[f"{n}_mean"]), np.asarray(model[f"{n}_std"])) for n in ("flux", "errors"))
    ensemble = Ensemble(weights, options["floor"], options["floor_of"])
    factor = float(model.metadata["factor"]) if options["calibrate"] else 1.0
    return Estimator(ensemble, flux, errors, options["clip"], factor, Hull.of(model))
