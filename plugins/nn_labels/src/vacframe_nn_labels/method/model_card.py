"""Metadata of the product `nn_models`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class NoiseLaw(BaseModel):
    """Random error of a label, ``a + c / snr_g ** b`` in units of the label (equation for sigma_r in the paper)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    a: float
    b: float
    c: float


class LabelCard(BaseModel):
    """One network and how its training went."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    best_epoch: int
    """Epoch, from 1, whose weights were kept."""
    epochs: int
    """Epochs trained until stopping."""
    training_loss: float
    """Huber loss in squared standard deviations of the label, with the noise that was added."""
    validation_loss: float
    """The same on the validation stars, without added noise."""
    validation_bias: float
    """Median of estimate − reference over the validation stars."""
    validation_scatter: float
    """1.4826 × median absolute deviation of estimate − reference over the validation stars."""
    noise: NoiseLaw
    method_error: float
    """The part of the error that does not depend on the spectrum's noise (sigma_m in the paper)."""
    grid: tuple[float, float]
    """Smallest and largest value of the training grid; estimates beyond it are flagged."""


class SetCard(BaseModel):
    """The networks of one training set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    layers: tuple[int, ...]
    windows: tuple[tuple[float, float], ...]
    """Wavelengths used, Å (vacuum, rest frame)."""
    pixels: int
    training: int
    """Stars learned from."""
    validation: int
    """Stars that decided when to stop."""
    removed: int
    """Stars that a first training left out (`Refit`)."""
    labels: tuple[LabelCard, ...]
    hash: str
    """BLAKE2b of the set's arrays."""


class ModelCard(BaseModel):
    """Metadata of `nn_models`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sets: tuple[SetCard, ...]
    libraries: dict[str, str]
    """Versions of Keras and of its back end."""
