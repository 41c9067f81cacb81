"""Requested minus settled: what is still to be delivered, and the one place that delivers it."""
