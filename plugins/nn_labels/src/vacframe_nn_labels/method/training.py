"""Training of the networks of all training sets."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe import Batch, Context, Model, VacframeError
from vacframe.ml import backend
from vacframe.ml.scale import scale_of
from vacframe.ml.stacked import StackedNetworks
from vacframe.ml.training import Trained, TrainingData, train
from vacframe_nn_labels.columns import TRAINING
from vacframe_nn_labels.method.label_errors import fit_noise_law, method_error, noise_response
from vacframe_nn_labels.method.model_card import LabelCard, ModelCard, SetCard
from vacframe_nn_labels.method.networks import BATCH, LabelNetworks
from vacframe_nn_labels.method.refit import fitting_stars
from vacframe_nn_labels.method.scatter import robust_scatter
from vacframe_nn_labels.pixels import select_pixels

if TYPE_CHECKING:
    from vacframe_nn_labels.config import TrainingSet


def train_sets(stars: Batch, short: Batch, context: Context) -> Model:
    """Train the networks of every training set.

    Parameters
    ----------
    stars : Batch
        `nn_training_set`, the rows that are used for training.
    short : Batch
        `nn_training_counts`, the rows of sets with too few stars.
    context : Context

    Raises
    ------
    VacframeError
        If a set has too few stars; it says where they were lost.
    """
    for number in range(len(short)):
        _too_few(short.take(np.array([number])), context.config.training_sets)
    ordered = stars.take(np.argsort(stars["obsid"], kind="stable"))
    arrays: dict[str, np.ndarray] = {}
    cards = []
    for chosen in context.config.training_sets:
        own, card = _train_set(chosen, ordered.take(ordered[f"split_{chosen.name}"] == TRAINING), context)
        arrays |= own
        cards.append(card)
    return Model(arrays, ModelCard(sets=tuple(cards), libraries=backend.library_versions()).model_dump(mode="json"))


def _train_set(chosen: TrainingSet, stars: Batch, context: Context) -> tuple[dict[str, np.ndarray], SetCard]:
    pixels = select_pixels(context.config.windows, chosen.windows)
    labels = np.stack([stars[f"{label}_{chosen.name}"] for label in chosen.label_columns], axis=1).astype(np.float64)
    keys = stars["obsid" if chosen.key == "obsid" else f"star_{chosen.name}"]
    validation = context.split(keys, chosen.validation_fraction, name=f"{chosen.name} validation")
    if validation.all() or not validation.any():
        raise VacframeError(
            f"training set {chosen.name!r}: {validation.sum()} of {len(keys)} stars fall into the validation part; "
            "give more stars or another validation_fraction"
        )
    networks, trained = _fit(chosen, stars, labels, validation, context)
    used = np.ones(len(keys), dtype=bool)
    if chosen.refit is not None:
        judged = chosen.label_columns.index(chosen.refit.label)
        used = fitting_stars(labels[:, judged], networks.estimate(stars["flux"])[:, judged], chosen.refit)
        networks, trained = _fit(chosen, stars.take(used), labels[used], validation[used], context)
    arrays = {f"{chosen.name}_{'wb'[i % 2]}{i // 2}": w for i, w in enumerate(trained.weights)}
    arrays |= {f"{chosen.name}_flux_{k}": getattr(networks.flux, k) for k in ("mean", "std")}
    arrays |= {f"{chosen.name}_label_{k}": getattr(networks.labels, k) for k in ("mean", "std")}
    card = SetCard(
        name=chosen.name,
        layers=chosen.layers,
        windows=chosen.windows or context.config.windows,
        pixels=int(pixels.sum()),
        training=int((used & ~validation).sum()),
        validation=int((used & validation).sum()),
        removed=int((~used).sum()),
        labels=_label_cards(chosen, networks, trained, stars, labels, validation, context),
        hash=_hash(arrays),
    )
    return arrays, card


def _label_cards(
    chosen: TrainingSet,
    networks: LabelNetworks,
    trained: Trained,
    stars: Batch,
    labels: np.ndarray,
    validation: np.ndarray,
    context: Context,
) -> tuple[LabelCard, ...]:
    """Return, for each label of a set, how its training went, its errors and its grid."""
    # Errors are those of any star, so that the stars which the refit left out count too.
    inputs, errors = networks.inputs(stars["flux"]), networks.input_errors(stars["ivar"])
    response = noise_response(networks.predict, inputs, errors, stars["snr_g"], _shared_seed(chosen, context))
    residual = networks.predict(inputs[validation]) - labels[validation]
    cards = []
    for number, label in enumerate(chosen.label_columns):
        law = fit_noise_law(response.snr, response.change[:, number])
        low, high = float(labels[:, number].min()), float(labels[:, number].max())
        cards.append(
            LabelCard(
                label=label,
                noise=law,
                method_error=method_error(residual[:, number], law, stars["snr_g"][validation]),
                grid=chosen.ranges.get(label, (low, high)),
                **_progress(trained, number, residual[:, number]),
            )
        )
    return tuple(cards)


def _fit(
    chosen: TrainingSet, stars: Batch, labels: np.ndarray, validation: np.ndarray, context: Context
) -> tuple[LabelNetworks, Trained]:
    """Train the networks of a set on stars, of which `validation` decide when to stop."""
    pixels = select_pixels(context.config.windows, chosen.windows)
    flux_scale, label_scale = scale_of(stars["flux"][:, pixels]), scale_of(labels)
    untrained = LabelNetworks(StackedNetworks([], BATCH), pixels, flux_scale, label_scale, chosen.clip)
    inputs, errors = untrained.inputs(stars["flux"]), untrained.input_errors(stars["ivar"])
    targets = np.ascontiguousarray(label_scale.standardise(labels).T)
    seeds = context.rng(np.array(chosen.label_columns), stream=chosen.name).bits(1)[:, 0].tolist()
    trained = train(
        TrainingData(inputs, errors, targets, validation),
        chosen,
        seeds,
        seed=_shared_seed(chosen, context),
        on_epoch=lambda: context.progress(len(stars)),
    )
    lost = [label for label, epoch in zip(chosen.label_columns, trained.best_epoch, strict=True) if not epoch]
    if lost:
        raise VacframeError(
            f"training set {chosen.name!r}: the loss of {', '.join(lost)} is not finite after the first epoch; lower "
            "learning_rate, and look for absurd labels"
        )
    stacked = StackedNetworks(trained.weights, BATCH)
    return LabelNetworks(stacked, pixels, flux_scale, label_scale, chosen.clip), trained


def _shared_seed(chosen: TrainingSet, context: Context) -> int:
    """Return the seed of what the networks of a set share: the order of the stars and the added noise."""
    return int(context.rng(np.array([chosen.name]), stream="order and noise").bits(1)[0, 0])


def _progress(trained: Trained, number: int, residual: np.ndarray) -> dict[str, Any]:
    """Return the part of a label's card that tells of the training."""
    return {
        "best_epoch": int(trained.best_epoch[number]),
        "epochs": int(trained.epochs[number]),
        "training_loss": float(trained.training_loss[number]),
        "validation_loss": float(trained.validation_loss[number]),
        "validation_bias": float(np.median(residual)),
        "validation_scatter": robust_scatter(residual),
    }


def _hash(arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        digest.update(f"{name}{arrays[name].dtype}{arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def _too_few(row: Batch, training_sets: tuple[TrainingSet, ...]) -> None:
    """Raise the error that says where the stars of a set were lost."""
    name = str(row["training_set"][0])
    chosen = next(s for s in training_sets if s.name == name)
    number = {column: int(row[column][0]) for column in row.columns if column not in ("training_set", "too_few")}
    if not number["labelled"]:
        raise VacframeError(
            f"training set {name!r}: none of the {number['spectra']} spectra has a row in the label table "
            f"{chosen.labels!r} ({number['label_rows']} rows, joined by {chosen.key}). Check that both have the same "
            f"{chosen.key} (sources.{chosen.labels}.columns maps the file's column to it)."
        )
    raise VacframeError(
        f"training set {name!r}: {number['training']} training stars, at least {chosen.minimum_stars} are needed. "
        f"Of {number['spectra']} spectra, {number['labelled']} have a row in {chosen.labels!r} "
        f"({number['label_rows']} rows); {number['chosen']} of them fulfil where = {chosen.where!r}; "
        f"{number['complete']} of those have every label ({', '.join(chosen.label_columns)}); "
        f"{number['test']} of those are kept for the test (test_fraction = {chosen.test_fraction:g}). "
        "Relax where, give more labels, or lower minimum_stars."
    )
