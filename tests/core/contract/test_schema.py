import pytest
from pydantic import ValidationError

from vacframe.core.contract.errors import SchemaError
from vacframe.core.contract.needs import Need, all_rows, by_key, same, sky
from vacframe.core.contract.plugin import NoConfig, Plugin, PluginError
from vacframe.core.contract.product import Files, Kind, Product
from vacframe.core.contract.schema import Position, TableSchema, check_vocabulary, column

RA = column("ra", "float64", "Right ascension", unit="deg", ucd="pos.eq.ra")
DEC = column("dec", "float64", "Declination", unit="deg", ucd="pos.eq.dec")
KEY = column("source_id", "int64", "Identifier", ucd="meta.id", nullable=False)
STARS = TableSchema(columns=(KEY, RA, DEC), key="source_id", position=Position())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"columns": (RA, RA)}, "named twice: ra"),
        ({"columns": (RA,), "key": "source_id"}, "not declared: source_id"),
        ({"columns": (KEY, RA), "position": Position()}, "not declared: dec"),
        ({"columns": (KEY,), "kye": "source_id"}, "kye"),
    ],
)
def test_inconsistent_tables_are_refused(options, words):
    with pytest.raises(ValidationError, match=words):
        TableSchema(**options)


@pytest.mark.parametrize("options", [{"name": "a b"}, {"name": "x", "dtype": "float16"}, {"name": "x", "length": 0}])
def test_wrong_columns_are_refused(options):
    with pytest.raises(ValidationError):
        column(**{"dtype": "float64", **options})


def test_access():
    assert STARS.names == ("source_id", "ra", "dec")
    assert "ra" in STARS
    assert "raa" not in STARS
    assert STARS["dec"] is DEC
    with pytest.raises(SchemaError, match="Did you mean 'ra'"):
        STARS["raa"]
    assert column("f", "float32", length=3901).type_name() == "float32[3901]"


def test_selection_keeps_key_and_position_only_where_chosen():
    assert STARS.select(["dec", "ra"]).position == Position()
    assert STARS.select(["dec", "ra"]).key is None
    assert STARS.select(["source_id", "ra"]).position is None
    assert STARS.select(["dec", "ra"]).names == ("dec", "ra")


def test_with_columns_replaces_in_place_and_appends():
    other = column("ra", "float32", "Rounded")
    extra = column("g", "float32", "Magnitude")
    table = STARS.with_columns([extra, other])
    assert table.names == ("source_id", "ra", "dec", "g")
    assert table["ra"].dtype == "float32"
    assert STARS["ra"].dtype == "float64"


def test_vocabulary():
    assert check_vocabulary(STARS) == []
    odd = TableSchema(columns=(column("x", "float64", unit="furlongz", ucd="pos.nowhere"),))
    problems = check_vocabulary(odd)
    assert len(problems) == 3
    for word, problem in zip(("furlongz", "pos.nowhere", "no description"), problems, strict=True):
        assert word in problem


def test_json_round_trip():
    assert TableSchema.model_validate_json(STARS.model_dump_json()) == STARS
    product = Product(name="stars", description="Stars", table=STARS)
    assert Product.model_validate_json(product.model_dump_json()) == product


def test_kinds_need_what_they_store():
    plain = TableSchema(columns=(RA,))
    with pytest.raises(ValidationError, match="no table schema"):
        Product(name="a", description="x")
    with pytest.raises(ValidationError, match="needs a key and a position"):
        Product(name="a", description="x", table=plain)
    assert Product(name="a", description="x", table=STARS).on_sky
    assert not Product(name="a", description="x", table=plain, kind=Kind.whole).on_sky
    assert not Product(name="a", description="x", table=plain, kind=Kind.source).on_sky
    assert Product(name="a", description="x", table=STARS, kind=Kind.source).on_sky
    assert not Product(name="a", description="x", kind=Kind.model).on_sky


def test_needs():
    assert same("stars", ["ra"]) == Need(product="stars", columns=("ra",))
    assert by_key("stars", ["ra"], on="source_id").on == "source_id"
    assert sky("stars", [RA, "dec"], margin=0.1).names == ("ra", "dec")
    assert sky("stars", ["dec"], margin=0.1).margin == 0.1
    assert all_rows("model").columns == ()
    assert all_rows("a", ["x"], where="x > 1", optional=True).optional


def test_the_decorator_writes_the_hooks():
    plugin = Plugin("p", citation="Nobody 2020")

    @plugin.product(
        "a", table=STARS, needs=lambda config: [same("stars", ["ra"])], files=lambda config: Files(shards=3)
    )
    def make(inputs, context):
        """Stars.

        More.
        """
        return 42

    [product] = plugin.provides(None)
    assert (product.description, product.citation, product.files.shards) == ("Stars.", "Nobody 2020", 3)
    assert plugin.requires("a", NoConfig()) == [same("stars", ["ra"])]
    assert plugin.run("a", None, None) == 42
    with pytest.raises(PluginError, match="no product 'b'"):
        plugin.run("b", None, None)
    with pytest.raises(PluginError, match="declares product 'a' twice"):
        plugin.product("a", table=STARS)(make)
    with pytest.raises(PluginError, match="no description"):
        plugin.product("c", table=STARS)(lambda inputs, context: None)
