"""Plans: what is to be done, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Action = Literal["fresh", "adopt", "run", "maybe"]


@dataclass(frozen=True)
class Reason:
    """Why a task is in the state it is in.

    Attributes
    ----------
    kind : str
        ``fresh``, ``missing`` (never built), ``input`` (what it reads changed), ``source`` (files changed),
        ``code``, ``config``, ``schema``, ``version``, ``provider``, ``libraries``, ``seed`` (of the recipe),
        ``damaged`` (its file), ``kept`` (an earlier result fits), ``waits`` (for inputs that are to be made).
    detail : str
        In words.
    """

    kind: str
    detail: str = ""


@dataclass(frozen=True)
class PlannedTask:
    """One task of a plan: a partition, or the whole of a product."""

    product: str
    part: str
    action: Action
    reason: Reason

    @property
    def text(self) -> str:
        """The action in words."""
        return {"maybe": "runs unless its inputs come out the same", "run": "runs", "adopt": "adopted"}.get(
            self.action, self.action
        )

    def to_json(self) -> dict[str, Any]:
        """Return the task as JSON."""
        return asdict(self)


@dataclass
class Plan:
    """What a build would do."""

    products: list[dict[str, Any]]
    tasks: list[PlannedTask]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return, per product, how many tasks there are of each action."""
        out: dict[str, dict[str, int]] = {p["name"]: {} for p in self.products}
        for task in self.tasks:
            mine = out.setdefault(task.product, {})
            mine[task.action] = mine.get(task.action, 0) + 1
        return out

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON."""
        return {"products": self.products, "counts": self.counts(), "tasks": [t.to_json() for t in self.tasks]}
