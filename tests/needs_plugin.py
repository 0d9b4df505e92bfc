"""A synthetic plugin whose products need others in every way."""

MARGIN = 0.5
CODE = '''
import vacframe as vf

plugin = vf.Plugin("needy")
POSITION = (
    vf.column("ra", "float64", "Right ascension", unit="deg"), vf.column("dec", "float64", "Declination", unit="deg"),
)
ID = vf.column("star", "int64", "Identifier", nullable=False)
MAG = vf.column("mag", "float64", "Magnitude", unit="mag")
EXTRAS = (
    vf.column("number", "int32", "Number"), vf.column("name", "string", "Name"), vf.column("good", "bool", "Good"),
    vf.column("value", "float32", "Value", unit="m"), vf.column("vector", "float32", "Vector", length=3),
)
WHERE = "mag > 5"

def table(*columns):
    return vf.TableSchema(key="star", position=vf.Position(), columns=(ID, *POSITION, *columns))

def source(name):
    @plugin.product(name, kind="source", table=table(MAG))
    def read(inputs, context):
        """Stars."""

source("stars")
source("others")
source("twins")

def count(inputs, others):
    import numpy as np
    def vectors(batch):
        ra, dec = np.radians(batch["ra"]), np.radians(batch["dec"])
        return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)
    a, b = vectors(inputs["stars"]), vectors(inputs[others])
    near = np.linalg.norm(a[:, None] - b[None], axis=2) < 2 * np.sin(np.radians(MARGIN) / 2)
    return {"near": near.sum(axis=1), "total": (near * inputs[others]["star"][None]).sum(axis=1)}

NEAR = (vf.column("near", "int64", "Others near it"), vf.column("total", "int64", "Sum of their identifiers"))

@plugin.product("neighbours", table=table(*NEAR),
    needs=[vf.same("stars", ["ra", "dec"]), vf.sky("others", ["star", "ra", "dec"], margin=MARGIN)])
def neighbours(inputs, context):
    """Others within the margin."""
    return count(inputs, "others")

@plugin.product("bright_neighbours", table=table(*NEAR),
    needs=[vf.same("stars", ["ra", "dec"]), vf.sky("others", ["star", "ra", "dec"], margin=MARGIN, where=WHERE)])
def bright_neighbours(inputs, context):
    """Others within the margin that fulfil the condition."""
    return count(inputs, "others")

@plugin.product("crowding", table=table(*NEAR), needs=[vf.sky("stars", ["star", "ra", "dec"], margin=MARGIN)])
def crowding(inputs, context):
    """Stars of the same catalogue within the margin."""
    return count(inputs, "stars")

@plugin.product("chosen", table=table(vf.column("double", "float64", "Twice the magnitude")), row_wise=True,
    needs=[vf.same("stars", ["mag"], where=WHERE)])
def chosen(inputs, context):
    """Stars that fulfil the condition."""
    return {"double": 2 * inputs["stars"]["mag"]}

@plugin.product("partnered", table=table(vf.column("other", "float64", "Magnitude of the partner")),
    needs=[vf.same("stars", ["star"]), vf.by_key("others", ["star", "mag"], on="star", where=WHERE)])
def partnered(inputs, context):
    """Partners that fulfil the condition."""
    import numpy as np
    row = inputs["others"].match("star", inputs["stars"]["star"])
    return {"other": np.append(inputs["others"]["mag"], np.nan)[row]}

@plugin.product("paired", table=table(vf.column("other", "float64", "Magnitude of the twin")), row_wise=True,
    resources=vf.Resources(row_bytes=300_000), needs=[vf.same("stars", ["mag"]), vf.same("twins", ["mag"])])
def paired(inputs, context):
    """Magnitudes of the same star in another product, row by row."""
    return {"other": inputs["twins"]["mag"]}

@plugin.product("links", kind="source", table=vf.TableSchema(key="link", position=vf.Position(), columns=(
    vf.column("link", "int64", "Identifier", nullable=False), *POSITION, vf.column("star", "int64", "Star, if any"))))
def links(inputs, context):
    """Observations, and the star that each is of."""

@plugin.product("linked", needs=[vf.same("links", ["star"]), vf.by_key("stars", ["star", "mag"], on="star")],
    table=vf.TableSchema(key="link", position=vf.Position(), columns=(
        vf.column("link", "int64", "Identifier", nullable=False), *POSITION, MAG)), row_wise=True)
def linked(inputs, context):
    """Magnitude of the star of each observation."""
    import numpy as np
    links, stars = inputs["links"], inputs["stars"]
    row = np.where(links.mask("star"), -1, stars.match("star", links["star"]))
    return {"mag": np.append(stars["mag"], np.nan)[row]}

SAID = vf.column("said", "string", "Rows, types and nulls of the optional inputs")

@plugin.product("patient", table=table(SAID), needs=[vf.same("stars", ["mag"]),
    vf.same("extras", EXTRAS, optional=True), vf.by_key("more", [ID, *EXTRAS], on="star", optional=True),
    vf.sky("further", EXTRAS, margin=0.1, optional=True), vf.all_rows("rest", EXTRAS, optional=True)])
def patient(inputs, context):
    """What came of the optional needs."""
    import json
    said = {}
    for name in ("extras", "more", "further", "rest"):
        batch = inputs[name]
        kinds = {c: [str(batch[c].dtype), list(batch[c].shape[1:]), int(batch.mask(c).sum())] for c in batch}
        said[name] = [len(batch), kinds]
    return {"said": [json.dumps(said)] * len(inputs["stars"])}
'''.replace("MARGIN", str(MARGIN))
