"""Metrics: every figure has one definition, one label and one SQL, used by interface, API, command line and notebooks."""

from projections.metrics.measure import MOST, Figure, Measured, Row, measure
from projections.metrics.registry import AREAS, Dimension, Metric, kept_in, metric, metrics
from projections.metrics.statement import text

__all__ = [
    "AREAS", "MOST", "Dimension", "Figure", "Measured", "Metric", "Row", "kept_in", "measure", "metric",
    "metrics", "text",
]  # fmt: skip
