"""What Prometheus is told of the gate."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from contenttrust.gate.service.verdicts import Verdict
    from contenttrust.policy.rules import Policy

    Metric = TypeVar("Metric", Counter, Histogram)

_SECONDS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16)


class Metrics:
    """The counters of one service."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        """Begin at zero.

        Args:
            waiting: Says how many verifications run or wait at the moment.
        """
        registry = CollectorRegistry()
        self._registry = registry
        self._lines: dict[tuple[object, ...], Counter | Histogram] = {}
        self._verdicts = Counter(
            "contenttrust_gate_verdicts_total",
            "Verdicts on images; `warn` was let through although the policy would refuse it.",
            ("door", "verdict", "mode", "code"),
            registry=registry,
        )
        self._sources = Counter(
            "contenttrust_gate_verdict_sources_total",
            "How verdicts were come by: asked, shared with another request, cached, none in time.",
            ("how",),
            registry=registry,
        )
        self._requests = Counter(
            "contenttrust_gate_requests_total",
            "Requests by what became of them: allowed, denied, malformed, busy.",
            ("door", "outcome"),
            registry=registry,
        )
        self._seconds = Histogram(
            "contenttrust_gate_request_seconds",
            "How long requests took.",
            ("door",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._policy = Gauge(
            "contenttrust_gate_policy_info",
            "The policy in force.",
            ("name", "version", "digest"),
            registry=registry,
        )
        self._reloads = Counter(
            "contenttrust_gate_reloads_total",
            "Changed files that were read anew, or that could not be used.",
            ("what", "outcome"),
            registry=registry,
        )
        self._dropped = Counter(
            "contenttrust_gate_connections_dropped_total",
            "Silent connections that were closed to make room for others.",
            registry=registry,
        )
        waits = Gauge(
            "contenttrust_gate_verifications",
            "Verifications that run or wait for a thread.",
            registry=registry,
        )
        waits.set_function(waiting)

    def _of(self, metric: Metric, *labels: str) -> Metric:
        """One line of a metric, kept: to look it up takes longer than to count."""
        named = (metric, *labels)
        line = self._lines.get(named)
        if line is None:
            line = self._lines[named] = metric.labels(*labels)
        return line  # type: ignore[return-value]

    def text(self) -> bytes:
        """Everything, in the exposition format of Prometheus."""
        return generate_latest(self._registry)

    def verdict(self, door: str, verdict: Verdict) -> None:
        """Count a verdict that was acted on."""
        decision = verdict.decision
        mode = decision.mode or "enforce"
        self._of(self._verdicts, door, decision.verdict, mode, decision.code).inc()
        self._of(self._sources, verdict.how).inc()

    def request(self, door: str, outcome: str, seconds: float) -> None:
        """Count a request."""
        self._of(self._requests, door, outcome).inc()
        self._of(self._seconds, door).observe(seconds)

    def reload(self, what: str, outcome: str) -> None:
        """Count a file that was read anew."""
        self._reloads.labels(what, outcome).inc()

    def dropped(self) -> None:
        """Count a connection that was closed for others."""
        self._dropped.inc()

    def connections(self, count: Callable[[], int]) -> None:
        """Tell from now on how many connections there are.

        Args:
            count: Says it.
        """
        gauge = Gauge(
            "contenttrust_gate_connections", "Connections that are open.", registry=self._registry
        )
        gauge.set_function(count)

    def policy(self, policy: Policy) -> None:
        """Name the policy that is in force from now on."""
        self._policy.clear()
        self._policy.labels(policy.name, str(policy.version), policy.digest).set(1)
