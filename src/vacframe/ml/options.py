"""Options of training, for the configuration models of plugins. Imports no numerics."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class TrainingOptions(BaseModel):
    """How stacked networks are trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: tuple[Annotated[int, Field(ge=1)], ...] = (512, 256, 64)
    """Neurons of the hidden ReLU layers."""
    epochs: int = Field(default=120, ge=1)
    """Passes over the training rows, at most; the learning rate falls to 0 over them (half a cosine)."""
    patience: int = Field(default=60, ge=1)
    """A network stops after this many epochs without a smaller validation loss (a running mean over some ten epochs),
    and keeps the weights of its best epoch."""
    batch_size: int = Field(default=64, ge=1)
    """Rows per gradient step."""
    learning_rate: float = Field(default=1e-3, gt=0.0)
    """Of the Adam optimiser (Kingma & Ba 2015), at the start."""
    averaging: float = Field(default=0.99, ge=0.0, lt=1.0)
    """The weights kept are a running mean over the steps with this memory per step (Polyak & Juditsky 1992); 0 takes
    the last step's."""
    huber: float = Field(default=0.1, gt=0.0)
    """Residual, in standard deviations of the label, beyond which the loss grows linearly (Huber 1964)."""
    noise: float = Field(default=4.0, ge=0.0)
    """Noise added to each training row in each step, at most, in units of the row's own errors; the amplitude is
    uniform between 0 and this. 0 adds none."""
    clip: float = Field(default=5.0, gt=0.0)
    """Standardised inputs are limited to ± this."""
