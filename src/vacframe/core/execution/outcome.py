"""What a build did: outcome of each product, failures, report."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from vacframe.core.planning.plan import PlannedTask


@dataclass
class Failure:
    """A task that failed."""

    product: str
    part: str
    error: str
    capsule: str = ""
    log: str = ""


@dataclass
class ProductOutcome:
    """What a build did for one product."""

    name: str
    provider: str
    kind: str
    ran: int = 0
    adopted: int = 0
    fresh: int = 0
    failed: int = 0
    blocked: bool = False
    rows: int = 0
    rejects: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    """Time that its own tasks took in their workers."""
    version: str = ""
    digest: str = ""
    device: str = ""
    missing: list[str] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass
class BuildReport:
    """What a build did.

    Attributes
    ----------
    ok : bool
        Whether everything asked for is complete and current.
    companions : list of str
        Small products (reports) that were made along and are worth showing.
    """

    build_id: str
    products: list[ProductOutcome] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    companions: list[str] = field(default_factory=list)
    tasks: list[PlannedTask] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether nothing failed and nothing is missing."""
        return not self.failures and not any(p.blocked or p.missing for p in self.products)

    @property
    def ran(self) -> int:
        """Number of tasks that were run."""
        return sum(p.ran for p in self.products)

    def __getitem__(self, product: str) -> ProductOutcome:
        return next(p for p in self.products if p.name == product)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {
            "build_id": self.build_id,
            "ok": self.ok,
            "seconds": self.seconds,
            "products": [asdict(p) for p in self.products],
            "failures": [asdict(f) for f in self.failures],
            "companions": self.companions,
            "tasks": [t.to_json() for t in self.tasks if t.action != "fresh"],
        }
