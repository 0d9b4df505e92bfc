"""Configuration of the plugin; numbers are those of Yang et al. (2025) where the paper gives them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vacframe import check_expression, names_in
from vacframe.astro.extinction import coefficient
from vacframe_xp_uacsnet.columns import MARKS
from vacframe_xp_uacsnet.xp_pixels import FIRST, PIXELS, STEP, WAVELENGTHS, Interval, holds_samples

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Neurons = Annotated[int, Field(ge=1)]


class Frozen(BaseModel):
    """A model that takes no unknown field and is not changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class UacsnetOptions(Frozen):
    """The network and its training: Table 1, section 4.1 and equations 2 to 12 of the paper."""

    trunk: tuple[Neurons, ...] = Field(default=(256, 64, 16), min_length=1)
    """Hidden layers of the [Fe/H] branch; the last is the latent representation Z."""
    head: Neurons = 8
    """Hidden layer between Z and [Fe/H]."""
    errors: Neurons = 16
    """Hidden layer over the flux errors, before it is joined with Z."""
    joint: Neurons = 8
    """Hidden layer after that."""
    floor: float = Field(default=0.02, gt=0.0)
    """Floor ε of the predicted error (equation 7)."""
    floor_of: Literal["sigma", "variance"] = "sigma"
    """What the floor limits: σ = max(ε, s²), dex; or σ² = max(ε, s²), which keeps σ above 0.14 dex."""
    gamma: float = Field(default=0.5, ge=0.0)
    """Exponent of the cost weights (equation 11); 0 weighs all stars alike."""
    cost_bins: tuple[Neurons, Neurons] = (10, 15)
    """Bins in (BP-RP)₀ and in [Fe/H] in which the stars are counted for the weights."""
    l2: float = Field(default=1e-5, ge=0.0)
    """L2 regularisation λ of the layers' matrices."""
    epochs: int = Field(default=30000, ge=1)
    batch_size: int = Field(default=512, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0.0)
    """Of the Adam optimiser (the paper does not name its own)."""
    validation_fraction: float = Field(default=0.15, gt=0.0, lt=1.0)
    """Fraction of the training stars, by a hash of the key, that no member learns from: they choose the epoch that is
    kept (ours; the paper does not say how its epoch was chosen)."""
    best_by: Literal["likelihood", "residual"] = "likelihood"
    """What the held stars compare epochs by: the loss, or the mean absolute residual of [Fe/H], weighted alike. The
    error branch overfits before the [Fe/H] branch has learned all: "residual" waits for the latter."""
    calibrate: bool = False
    """Whether predicted errors are multiplied so that 68.3 % of the held stars lie within 1 σ (ours)."""
    check_every: int = Field(default=50, ge=1)
    """Epochs that run as one compiled call; the loss on the held stars is looked at after each."""
    members: int = Field(default=1, ge=1)
    """Networks with other seeds; their spread is the epistemic error (ours: the paper has 1)."""
    noise: float = Field(default=0.0, ge=0.0)
    """Noise added to each star in each step, at most, in units of its own flux errors (ours; 0 adds none)."""
    averaging: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Memory per step of a running mean of the weights, which is what is kept (ours; 0 takes the last step's)."""
    decay: bool = False
    """Whether the learning rate falls to 0 over the epochs, half a cosine (ours)."""
    clip: float = Field(default=8.0, gt=0.0)
    """Standardised fluxes and errors are limited to ± this."""
    minimum_stars: int = Field(default=100, ge=10)
    """Fewer training stars than this is an error."""


class XpUacsnetConfig(Frozen):
    """The table ``[plugins.xp_uacsnet]``."""

    truncate: bool = False
    """Whether bases that are not significant (``bp_n_relevant_bases``) are left out of sampled spectra."""

    photometry: Literal["gaia_sources", "xp_sampled"] = "gaia_sources"
    """Product with G, BP and RP, the excess factor, and the parallax where `distance` is "parallax"."""
    reddening: Literal["reddening_map", "xp_sampled", "none"] = "reddening_map"
    """Product with E(B-V) on the scale of Schlegel et al. (1998): a map, or the column ebv of `xp_sampled`."""
    distance: Literal["geometric_distances", "parallax", "none"] = "geometric_distances"
    """Where distances come from: r_med_geo, or 1 / parallax; "none" makes no use of them."""
    giant_cut: Literal["magnitude", "logg", "none"] = "magnitude"
    """How red giants are told: by M_G and (BP-RP)₀ (section 2.3, cut 2), by the column logg of `xp_sampled`, or all
    stars of that colour are taken for giants."""
    correction: Literal["", "xp_correction_tables"] = ""
    """The systematic correction of Huang et al. (2024), where ``[sources.xp_correction_tables]`` names the CSV files
    of its package; "" skips it, and every star is flagged."""

    r_v_curve: float = 2.730
    """Zero point of the extinction curve: A(λ) = E(44-55) (curve + this) (Zhang et al. 2024). It cancels after
    normalisation."""
    e4455: tuple[float, float] = (0.961, 0.0011)
    """E(44-55) = first · E(B-V)_SFD + second (equation 1)."""
    band_extinction: tuple[float, float, float] = (coefficient("g"), coefficient("bp"), coefficient("rp"))
    """A over E(B-V)_SFD in G, BP and RP (Zhang & Yuan 2023, ApJS 264, 14); the paper gives none."""

    pixels: tuple[Interval, ...] = Field(default=PIXELS, min_length=2)
    """Wavelength ranges, nm, whose median fluxes are the network's input; from the first up to below the second."""
    normalise: Interval = (545.0, 555.0)
    """Range whose mean flux divides all fluxes and errors, nm (both ends included)."""

    excess: tuple[float, float] = (1.15, 0.19)
    """phot_bp_rp_excess_factor below first + second · (BP-RP)₀² (cut 1)."""
    excess_cut: bool = True
    """Whether cut 1 is made; False where the photometry has no phot_bp_rp_excess_factor."""
    colour: Interval = (0.7, 1.9)
    """(BP-RP)₀ of the giants (cut 2)."""
    giant_magnitude: tuple[float, float, float] = (-1.0, 6.5, -1.8)
    """M_G below the polynomial with these coefficients in (BP-RP)₀, highest power first (cut 2)."""
    giant_logg: float = 3.5
    """log g of a giant is below, where `giant_cut` is "logg"."""
    minimum_height: float = Field(default=0.2, ge=0.0)
    """Distance |Z| from the Galactic plane above which a star is used, kpc (cut 3); needs `distance`."""
    training_where: str = "abs(gb) > 20 and ebv < 0.2 and g0 > 6"
    """Expression on columns of `xp_features` that training and test stars fulfil beside cuts 1 to 3 (cuts 4 to 6)."""

    labels: Name = "reference_labels"
    """Product with source_id, feh and feh_error to train on."""
    labels_where: str = ""
    """Expression on its columns that a label fulfils."""
    test_labels: Literal[""] | Name = ""
    """Product with labels to test on, without the stars of `labels`; "" keeps a part of `labels` for the test."""
    test_where: str = ""
    """Expression on its columns that a test label fulfils."""
    test_fraction: float = Field(default=0.3, ge=0.0, lt=1.0)
    """Fraction of `labels` kept for the test, by a hash of source_id, where `test_labels` is ""."""
    label_errors: bool = True
    """Whether the label products have feh_error; it enters the report, not the training (equation 10)."""

    network: UacsnetOptions = UacsnetOptions()
    compare_unweighted: bool = False
    """Whether the report also trains and judges the network without cost weights (gamma = 0)."""
    report_groups: dict[str, str] = Field(
        default={
            "all": "ebv >= 0",
            "metal_poor": "feh < -1.5",
            "very_metal_poor": "feh < -2",
            "bright": "phot_g_mean_mag < 15",
        }
    )
    """Group → expression on the test stars; the calibration report has a row for each."""

    reliable_ebv: float = 0.5
    """E(B-V) below which an estimate counts as reliable (section 4.3)."""
    reliable_magnitude: float = 15.0
    """G below which the predicted error is not extrapolated (section 4.3)."""
    hull_distance: float = Field(default=3.0, gt=0.0)
    """A star is outside the training set where its distance to the nearest training star, in the first components of
    the spectra, is more than this many times the 99th percentile of the training stars' own."""
    vmp: float = -2.0
    """[Fe/H] up to which a star is very metal-poor (VMP)."""
    emp: float = -3.0
    """[Fe/H] up to which a star is extremely metal-poor (EMP)."""

    carbon_labels: Literal[""] | Name = "saga_labels"
    """Product with source_id, feh and c_fe of metal-poor stars, for `xp_validation`; "" leaves this test out."""
    carbon_enhanced: float = 0.7
    """[C/Fe] above which a star counts as carbon-enhanced (Aoki et al. 2007)."""
    cluster_colour: dict[str, float] = Field(default={"NGC 6791": 1.05})
    """Cluster → (BP-RP)₀ above which its members are used (section 4.2.3)."""

    @model_validator(mode="after")
    def _consistent(self) -> XpUacsnetConfig:
        for name, ranges in (("pixels", self.pixels), ("normalise", (self.normalise,))):
            for limits in ranges:
                if not holds_samples(limits):
                    raise ValueError(
                        f"{name}: {limits[0]:g}-{limits[1]:g} nm holds no sample of the grid {FIRST:g}, "
                        f"{FIRST + STEP:g}, ... {WAVELENGTHS[-1]:g} nm, or leaves it"
                    )
        for name in ("training_where", "labels_where", "test_where"):
            if text := getattr(self, name):
                check_expression(text, what=f"[plugins.xp_uacsnet] {name}")
        unknown = sorted(set(names_in(self.training_where)) - set(MARKS)) if self.training_where else []
        if unknown:
            raise ValueError(f"training_where uses {', '.join(unknown)}; it may use {', '.join(MARKS)}")
        if self.labels == self.test_labels:
            raise ValueError(f"labels and test_labels are both {self.labels!r}; leave test_labels empty to split it")
        if self.minimum_height > 0 and self.distance == "none":
            raise ValueError("minimum_height needs distances; set it to 0, or give distance")
        if self.giant_cut == "magnitude" and self.distance == "none":
            raise ValueError('giant_cut = "magnitude" needs distances; set it to "logg" or "none", or give distance')
        return self
