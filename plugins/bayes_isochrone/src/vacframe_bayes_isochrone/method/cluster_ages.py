"""One age for all members of a cluster: what their likelihoods say together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import vacframe as vf
from vacframe_bayes_isochrone.method.prior_weights import cells

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig


def combine_members(members: vf.Batch, config: BayesIsochroneConfig) -> dict[str, Any]:
    """Return the columns of `isochrone_clusters`, clusters by name."""
    likelihood = np.asarray(members["likelihood"], dtype=np.float64)
    shape = (len(config.chosen_components), len(config.age_nodes))
    use = np.isfinite(likelihood).all(axis=1) & (members["logg"] < config.giant_logg)
    names = np.asarray(members["cluster"]).astype(str)
    rows, order = [], np.argsort(members["source_id"], kind="stable")
    for name in np.unique(names[use]).tolist():
        chosen = order[(use & (names == name))[order]]
        found = cluster_age(likelihood[chosen].reshape(-1, *shape), config)
        rows.append({"cluster": name, "n": len(chosen), **found})
        rows[-1]["age_reference"] = float(np.median(members["age_reference"][chosen]))
    columns = ("cluster", "n", "n_agree", "age", "age_error", "age_16", "age_50", "age_84", "age_reference")
    return {column: [row[column] for row in rows] for column in columns}


def cluster_age(likelihood: np.ndarray, config: BayesIsochroneConfig) -> dict[str, float]:
    """Return age and how many members agree with it.

    All members have one age and are of one component of the prior, but for a share `cluster_outliers` of them, whose
    age says nothing of the cluster's: field stars, merged stars, wrong labels. The prior is flat in age.

    Parameters
    ----------
    likelihood : ndarray, shape (n, n_component, n_age)
        1 on average over the prior of single stars, which is what an outlier has.
    """
    ages = np.array(config.age_nodes)
    width = np.diff(np.clip(cells(ages), 0.0, config.age_max))
    share = np.array([1.0 if c is None else c.fraction for c in config.chosen_components])
    member = (1.0 - config.cluster_outliers) * likelihood
    total = np.log(member + config.cluster_outliers).sum(axis=0) + np.log(share)[:, None]
    chance = np.exp(total - total.max()) * width
    chance /= chance.sum()
    agree = (chance * (member / (member + config.cluster_outliers)).sum(axis=0)).sum()
    chance = chance.sum(axis=0)
    mean = float(chance @ ages)
    below = np.cumsum(chance) - 0.5 * chance
    return {
        "n_agree": float(agree),
        "age": mean,
        "age_error": float(np.sqrt(chance @ (ages - mean) ** 2)),
        **{f"age_{p}": float(np.interp(p / 100, below, ages)) for p in (16, 50, 84)},
    }
