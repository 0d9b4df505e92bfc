"""The configuration of the plugin: what survey is made up."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class MockSurveyConfig(BaseModel):
    """Table ``[plugins.mock_survey]``: what survey is made up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stars: int = Field(default=2000, ge=1)
    """Number of stars."""
    shard_size: int = Field(default=10000, ge=1, json_schema_extra={"machine": True})
    """Stars made by one task; the stars do not depend on it."""

    teff_min: float = 3200.0
    """Coolest star, K."""
    teff_max: float = 8000.0
    """Hottest star, K."""
    r_min: float = 9.0
    """Brightest apparent SDSS r."""
    r_max: float = 17.8
    """Faintest apparent SDSS r."""
    dec_min: float = Field(default=-10.0, ge=-90, le=90)
    """Southern edge of the footprint, degrees."""
    dec_max: float = Field(default=60.0, ge=-90, le=90)
    """Northern edge of the footprint, degrees."""
    sky_contrast: float = Field(default=0.6, ge=0, le=1)
    """How much the survey follows the crowding of stars on the sky: 1 as they are, 0 equally many everywhere."""
    thick_fraction: float = Field(default=0.20, ge=0, le=1)
    """Fraction of the stars that belong to the thick disc."""
    halo_fraction: float = Field(default=0.08, ge=0, le=1)
    """Fraction of the stars that belong to the field halo."""
    gse_share: float = Field(default=0.5, ge=0, le=1)
    """Fraction of the field halo that came with Gaia-Sausage-Enceladus, on radial orbits."""
    cluster_fraction: float = Field(default=0.03, ge=0, le=1)
    """Fraction of the stars in globular and open clusters, equally many in each that is visible."""
    stream_fraction: float = Field(default=0.01, ge=0, le=1)
    """Fraction of the stars in a stream of M giants like Sagittarius'. The rest of the stars is thin disc."""
    giant_fraction: float = Field(default=0.4, ge=0, le=1)
    """Fraction of giants (log g < 3.5) among field stars of every age and metallicity with both giants and dwarfs."""
    m_giant_fraction: float = Field(default=0.02, ge=0, le=1)
    """Fraction of M giants (below 4300 K), among `giant_fraction`, where there are any."""
    mh_min: float = -3.5
    """Lowest [M/H]; stars beyond the isochrones' lowest are made of that one."""
    binary_fraction: float = Field(default=0.3, ge=0, le=1)
    """Fraction of stars with a companion, before those wider than a pair on the sky are taken out."""
    cemp_fraction: float = Field(default=0.2, ge=0, le=1)
    """Fraction of carbon-enhanced stars, [C/Fe] > 0.7, at [Fe/H] = -2 (Placco et al. 2014: 0.20)."""
    repeat_fraction: float = Field(default=0.15, ge=0, le=1)
    """Fraction of the stars with more than one visit: two, three, ... with chances halving."""
    position_error: float = Field(default=0.1, ge=0)
    """Error of the positions, at J2000, of the input catalogue of the spectra, arcsec along each axis."""
    dust_density: float = Field(default=0.25, ge=0)
    """E(B-V) per kpc in the plane at the Sun, SFD scale, magnitudes."""
    dust_height: float = Field(default=0.1, gt=0)
    """Scale height of the dust, kpc."""
    dust_clouds: float = Field(default=0.4, ge=0)
    """Scatter of ln E(B-V) over the sky by the dust's clouds."""
    dust_scatter: float = Field(default=0.0, ge=0)
    """Scatter of ln E(B-V) from star to star, of structure that no map resolves. Which stars the survey sees is
    decided without it, so that some are then brighter or fainter than the survey's limits."""

    snr_median: float = Field(default=60.0, gt=0)
    """Median of snr_g at r = 14."""
    snr_scatter: float = Field(default=0.25, ge=0)
    """Scatter of log10 snr_g about its trend with magnitude, dex."""
    snr_max: float = Field(default=400.0, gt=0)
    """Largest snr_g."""
    bad_pixel_fraction: float = Field(default=0.003, ge=0, le=1)
    """Fraction of the pixels of a spectrum that are bad (masked, inverse variance 0)."""
    missing_header_fraction: float = Field(default=0.01, ge=0, le=1)
    """Fraction of spectra without date, plan, spectrograph and fibre."""
    missing_redshift_fraction: float = Field(default=0.005, ge=0, le=1)
    """Fraction of spectra without a redshift."""
    redshift_error: float = Field(default=5.0, ge=0)
    """Error of the survey's radial velocities at high S/N, km/s."""
    sky_residual: float = Field(default=0.01, ge=0)
    """Rms residual of a sky line of unit strength, relative to the star's flux, at snr_g = 100."""
    telluric_residual: float = Field(default=0.05, ge=0)
    """Rms error of the correction of telluric bands, relative to their optical depth."""

    xp_faintest: float = 17.65
    """Faintest G with Gaia XP spectra; DR3's limit."""
    xp_missing_band_fraction: float = Field(default=0.002, ge=0, le=1)
    """Fraction of Gaia XP spectra of which BP or RP is missing."""

    missing_parallax_fraction: float = Field(default=0.01, ge=0, le=1)
    """Fraction of Gaia sources with a two-parameter solution: no parallax, no proper motion."""
    six_parameter_fraction: float = Field(default=0.05, ge=0, le=1)
    """Fraction of Gaia sources with a six-parameter solution: a pseudocolour in place of nu_eff."""
    ruwe_outlier_fraction: float = Field(default=0.03, ge=0, le=1)
    """Fraction of five-parameter Gaia sources with RUWE above 1.4 for reasons other than a known orbit; eight times as
    many six-parameter ones. Errors grow with it."""
    blend_fraction: float = Field(default=0.01, ge=0, le=1)
    """Fraction of Gaia sources whose BP and RP hold light of a neighbour: a large excess factor."""
    zero_point_offset: float = 2.6
    """What the parallax zero point has everywhere beyond Lindegren's function, µas (Wang et al. 2021: 2.6)."""
    zero_point_pattern: float = Field(default=10.0, ge=0)
    """Rms over the sky of the zero point's pattern that is in no function of colour and magnitude, µas."""
    missing_band_fraction: float = Field(default=0.03, ge=0, le=1)
    """Fraction of missing measurements in each photometric band within the survey's magnitude limits."""
    missing_label_fraction: float = Field(default=0.01, ge=0, le=1)
    """Fraction of stars for which the survey's own pipeline gives no labels."""

    reference_fraction: float = Field(default=0.4, ge=0, le=1)
    """Fraction of the stars above `reference_snr_min` that have reference labels."""
    reference_snr_min: float = Field(default=20.0, ge=0)
    """Smallest snr_g of stars with reference labels."""
    reference_teff_error: float = Field(default=40.0, ge=0)
    """Error of the reference labels in teff, K."""
    reference_logg_error: float = Field(default=0.05, ge=0)
    """Error of the reference labels in logg, dex."""
    reference_mh_error: float = Field(default=0.03, ge=0)
    """Error of the reference labels in feh and mh, dex."""
    reference_alpha_error: float = Field(default=0.02, ge=0)
    """Error of the reference labels in alpha_m, dex."""
    reference_cn_error: float = Field(default=0.04, ge=0)
    """Error of the reference labels in c_fe and n_fe, dex."""

    apogee_fraction: float = Field(default=0.3, ge=0, le=1)
    """Fraction of the stars brighter than H = 13.8 with APOGEE labels."""
    pastel_fraction: float = Field(default=0.1, ge=0, le=1)
    """Fraction of the stars brighter than V = 13 with PASTEL labels; six times as many of the metal-poor ones, to V =
    15 below [Fe/H] = -2."""
    saga_fraction: float = Field(default=0.5, ge=0, le=1)
    """Fraction of the stars with [Fe/H] below -2 and V brighter than 16.5 with SAGA labels; a tenth of it to -1.5."""
    seismic_fraction: float = Field(default=0.3, ge=0, le=1)
    """Fraction of the giants brighter than G = 13 with seismic labels."""
    distance_prior_kpc: float = Field(default=1.35, gt=0)
    """Scale length of the prior of `geometric_distances`, kpc (Astraatmadja & Bailer-Jones 2016: 1.35)."""
    reddening_map_order: int = Field(default=6, ge=0, le=9)
    """HEALPix order of `reddening_map`."""
    dust_3d_order: int = Field(default=5, ge=0, le=7)
    """HEALPix order of `dust_3d`."""

    @model_validator(mode="after")
    def _consistent(self) -> MockSurveyConfig:
        parts = ("thick_fraction", "halo_fraction", "cluster_fraction", "stream_fraction")
        total = sum(getattr(self, name) for name in parts)
        if total > 1.0 + 1e-9:
            raise ValueError(
                f"{', '.join(parts)} add up to {total:g}, which leaves less than nothing for the thin disc"
            )
        for low, high in (("teff_min", "teff_max"), ("r_min", "r_max"), ("dec_min", "dec_max")):
            if getattr(self, low) >= getattr(self, high):
                raise ValueError(f"{low} = {getattr(self, low):g} is not below {high} = {getattr(self, high):g}")
        return self
