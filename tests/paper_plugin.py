"""A plugin with a map and a paper."""

from pathlib import Path

from engine_plugin import install

CODE = '''
import vacframe as vf
from pydantic import BaseModel

class Config(BaseModel, frozen=True, extra="forbid"):
    order: int = 2
    frame: str = "icrs"
    factor: float = 1.0

plugin = vf.Plugin("mapper", config=Config, citation="nobody")
SKY = (vf.column("ra", "float64", "Right ascension", unit="deg"),
    vf.column("dec", "float64", "Declination", unit="deg"))

@plugin.product("stars", kind="source", table=vf.TableSchema(key="star", position=vf.Position(), columns=(
    vf.column("star", "int64", "Identifier", nullable=False), *SKY,
    vf.column("mag", "float64", "Magnitude", unit="mag"))))
def stars(inputs, context):
    """Stars."""

@plugin.product("depth", kind="map", grid=lambda c: vf.MapGrid(order=c.order, frame=c.frame, pixel="hindex"),
    needs=[vf.all_rows("stars", ["ra", "dec", "mag"])],
    table=vf.TableSchema(key="hindex", position=vf.Position(), columns=(
        vf.column("hindex", "int64", "Pixel", nullable=False), *SKY, vf.column("number", "int64", "Stars"),
        vf.column("mag", "float32", "Mean magnitude", unit="mag"), vf.column("name", "string", "Name"))))
def depth(inputs, context):
    """Mean magnitude in each pixel."""
    import healpy, numpy as np
    nside = 1 << context.config.order
    s = inputs["stars"]
    pixel = healpy.ang2pix(nside, s["ra"], s["dec"], nest=True, lonlat=True)
    hit, which = np.unique(pixel, return_inverse=True)
    number = np.bincount(which)
    ra, dec = healpy.pix2ang(nside, hit, nest=True, lonlat=True)
    return {"hindex": hit, "ra": ra, "dec": dec, "number": number, "name": [str(h) for h in hit],
            "mag": context.config.factor * np.bincount(which, s["mag"]) / number}

def number(name, value, tolerance, **other):
    options = {"product": "depth", "columns": ("number",), "how": "total", "place": "Table 1"} | other
    return vf.Published(name, value, tolerance, measure=other.pop("measure", lambda b: float(b["number"].sum())), **{
        k: v for k, v in options.items() if k != "measure"})

def bars(depth):
    from vacframe.report.figure import new_figure
    figure = new_figure(3, 2)
    figure.add_subplot().bar(depth["hindex"].to_numpy(), depth["number"].to_numpy())
    return figure

plugin.paper(vf.Paper(
    "somebody1999", "A map", "1999A&A", figures=(
        vf.PaperFigure("bars", "Fig. 1", {"depth": ("hindex", "number")}, bars),
        vf.PaperFigure("lost", "Fig. 2", {"depth": (), "nowhere": ()}, bars),
    ), settings={"plugins": {"mapper": {"order": 1, "factor": 3.0}}}, numbers=(
        number("total", 310, 1),
        number("faint", 10, 1, where="mag < 0"),
        number("one", 2, 1, where="hindex == 10", measure=vf.single_value, error_column="mag"),
        number("largest", 1e6, 0, compare="at_most"),
        number("smallest", 1e6, 0, compare="at_least"),
        number("undefined", 1, 0, measure=lambda b: float("nan")),
        number("elsewhere", 1, 0, product="nowhere"),
        number("scaled", 310, 1, caveat=lambda c: "" if c.factor == 3.0 else "the factor is not the paper's"),
    )))
'''


def install_mapper(folder: Path) -> Path:
    """Write the distribution into `folder`."""
    return install(folder, "mapper", CODE)
