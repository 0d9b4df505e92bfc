"""`Plugin`: writes the three hooks for the common case, from decorated functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from vacframe.core.contract.errors import PluginError
from vacframe.core.contract.hooks import hookimpl
from vacframe.core.contract.needs import Need
from vacframe.core.contract.paper import Paper
from vacframe.core.contract.product import Files, Kind, MapGrid, Method, Product, Resources
from vacframe.core.contract.schema import TableSchema

if TYPE_CHECKING:
    from vacframe.core.columns.batch import Inputs
    from vacframe.core.tasks.context import Context

_FILES, _METHOD, _RESOURCES = Files(), Method(), Resources()
RunFunction = Callable[["Inputs", "Context"], Any]


class NoConfig(BaseModel):
    """Configuration of a plugin that has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class ProductDefinition:
    """A decorated function with its declaration; schema, needs, files and grid may depend on the configuration."""

    function: RunFunction
    options: dict[str, Any]
    table: TableSchema | Callable[[Any], TableSchema] | None
    needs: tuple[Need, ...] | Callable[[Any], Iterable[Need]]
    files: Files | Callable[[Any], Files]
    grid: MapGrid | Callable[[Any], MapGrid] | None

    def product(self, config: BaseModel) -> Product:
        """Return the declaration under `config`."""
        table = self.table(config) if callable(self.table) else self.table
        files = self.files(config) if callable(self.files) else self.files
        grid = self.grid(config) if callable(self.grid) else self.grid
        return Product(table=table, files=files, grid=grid, **self.options)


class Plugin:
    """A plugin as an object: register product functions with `product`, name it in the entry point.

    Parameters
    ----------
    name : str
        Name of the plugin, that of its table ``[plugins.<name>]`` in the configuration.
    config : type of pydantic.BaseModel
        Model of that table, all fields with defaults. A field with
        ``json_schema_extra={"machine": True}`` is a machine setting and enters no recipe.
    mock : bool
        Whether the products are made-up data, eligible only in a workspace declared ``survey = "mock"``.
    citation : str
        Default citation of the products.

    Examples
    --------
    >>> import vacframe as vf
    >>> plugin = vf.Plugin("bright")
    >>> @plugin.product(
    ...     "bright_stars",
    ...     table=vf.TableSchema(
    ...         key="source_id",
    ...         position=vf.Position(),
    ...         columns=(
    ...             vf.column("source_id", "int64", "Gaia source identifier", nullable=False),
    ...             vf.column("ra", "float64", "Right ascension", unit="deg"),
    ...             vf.column("dec", "float64", "Declination", unit="deg"),
    ...             vf.column("g_flux", "float32", "Relative G flux"),
    ...         ),
    ...     ),
    ...     needs=[vf.same("gaia_sources", ["phot_g_mean_mag"])],
    ...     row_wise=True,
    ... )
    ... def bright_stars(inputs, context):
    ...     \"\"\"G magnitudes as fluxes relative to G = 0.\"\"\"
    ...     return {"g_flux": 10 ** (-0.4 * inputs["gaia_sources"]["phot_g_mean_mag"])}
    """

    def __init__(
        self, name: str, *, config: type[BaseModel] = NoConfig, mock: bool = False, citation: str = ""
    ) -> None:
        self.name = name
        self.config_model = config
        self.mock = mock
        self.citation = citation
        self.definitions: dict[str, ProductDefinition] = {}
        self.papers: dict[str, Paper] = {}

    def product(
        self,
        name: str,
        *,
        table: TableSchema | Callable[[Any], TableSchema] | None = None,
        needs: Iterable[Need] | Callable[[Any], Iterable[Need]] = (),
        kind: Kind | str = Kind.sky,
        row_wise: bool = False,
        grid: MapGrid | Callable[[Any], MapGrid] | None = None,
        files: Files | Callable[[Any], Files] = _FILES,
        method: Method = _METHOD,
        resources: Resources = _RESOURCES,
        companions: Iterable[str] = (),
        priority: int = 0,
        description: str | None = None,
        citation: str | None = None,
    ) -> Callable[[RunFunction], RunFunction]:
        """Declare the decorated function ``f(inputs, context)`` as the maker of product `name`.

        `table`, `needs`, `files` and `grid` may be functions of the plugin's configuration. The other parameters
        are the fields of `vacframe.Product`; `description` defaults to the first line of the docstring.

        Raises
        ------
        PluginError
            If the plugin already has a product of that name, or the function no docstring.
        """

        def register(function: RunFunction) -> RunFunction:
            if name in self.definitions:
                raise PluginError(f"plugin {self.name!r} declares product {name!r} twice")
            text = description or (function.__doc__ or "").strip().split("\n")[0]
            if not text:
                raise PluginError(f"plugin {self.name!r}: product {name!r} has no description or docstring")
            options = {
                "name": name,
                "description": text,
                "kind": Kind(kind),
                "row_wise": row_wise,
                "method": method,
                "resources": resources,
                "companions": tuple(companions),
                "priority": priority,
                "citation": self.citation if citation is None else citation,
            }
            wanted = needs if callable(needs) else tuple(needs)
            self.definitions[name] = ProductDefinition(function, options, table, wanted, files, grid)
            return function

        return register

    def paper(self, paper: Paper) -> Paper:
        """Declare the published numbers of a paper.

        Raises
        ------
        PluginError
            If the plugin already has a paper of that name, or two of its numbers share one.
        """
        names = [n.name for n in paper.numbers]
        twice = sorted({n for n in names if names.count(n) > 1})
        if paper.name in self.papers:
            raise PluginError(f"plugin {self.name!r} declares paper {paper.name!r} twice")
        if twice:
            raise PluginError(f"paper {paper.name!r} states number {twice[0]!r} twice")
        self.papers[paper.name] = paper
        return paper

    @hookimpl
    def provides(self, config: BaseModel | None = None) -> list[Product]:
        """Return the declared products under `config`."""
        chosen = self.config_model() if config is None else config
        return [d.product(chosen) for d in self.definitions.values()]

    @hookimpl
    def requires(self, product: str, config: Any) -> list[Need]:
        """Return the needs of one product under `config`."""
        needs = self.definition(product).needs
        return list(needs(config)) if callable(needs) else list(needs)

    @hookimpl
    def run(self, product: str, inputs: Inputs, context: Context) -> Any:
        """Call the decorated function."""
        return self.definition(product).function(inputs, context)

    def definition(self, product: str) -> ProductDefinition:
        """Return the definition of one product."""
        if product not in self.definitions:
            raise PluginError(f"plugin {self.name!r} has no product {product!r}")
        return self.definitions[product]
