"""Application of the trained networks to a chunk of spectra."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vacframe import Batch, Model
from vacframe_nn_labels.columns import NOT_IN_SET
from vacframe_nn_labels.method.label_errors import random_error
from vacframe_nn_labels.method.model_card import ModelCard
from vacframe_nn_labels.method.networks import restore_networks

if TYPE_CHECKING:
    from vacframe_nn_labels.config import NnLabelsConfig


def estimate_labels(spectra: Batch, model: Model, members: Batch, config: NnLabelsConfig) -> dict[str, np.ndarray]:
    """Return the columns of `nn_estimates` for n spectra.

    Parameters
    ----------
    spectra : Batch
        `lamost_normalized`: obsid, snr_g, flux.
    model : Model
        `nn_models`.
    members : Batch
        `nn_training_set`: obsid and ``split_<set>``.
    config : NnLabelsConfig
    """
    snr = spectra["snr_g"]
    table: dict[str, np.ndarray] = {"snr_g": snr}
    cards = {card.name: card for card in ModelCard.model_validate(model.metadata).sets}
    for chosen in config.training_sets:
        found = restore_networks(model, chosen, config.windows).estimate(spectra["flux"])
        for number, card in enumerate(cards[chosen.name].labels):
            column, values = f"{card.label}_{chosen.name}", found[:, number].astype(np.float32)
            low, high = card.grid
            error = np.hypot(random_error(card.noise, snr), card.method_error)
            table[column] = values
            table[f"err_{column}"] = np.where(np.isnan(values), np.nan, error).astype(np.float32)
            table[f"flag_{column}"] = (~((values >= low) & (values <= high))).astype(np.int8)
        split = members.at(f"split_{chosen.name}", "obsid", spectra["obsid"])
        table[f"split_{chosen.name}"] = np.nan_to_num(split, nan=NOT_IN_SET).astype(np.int8)
    return table
