"""Columns of the dust products beyond the shared ones, and the formats of their files."""

from __future__ import annotations

import vacframe as vf

FORMATS = ("fits", "")
"""Formats that the readers of this plugin take; "" is what the core does not know: NumPy arrays and HDF5. Tables of
any other format, with columns healpix, healpix_order and ebv, are read by the core."""
_SCALE = vf.column(
    "scale",
    "string",
    "What a unit of ebv is: sfd and bayestar19 are the maps' own units; disc: A_V = 2.742 ebv; av: A_V itself",
    ucd="meta.note",
)
_FILE_FIELDS = ("dust_scale", "dust_moduli")
