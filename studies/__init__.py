"""Validation and benchmarks: what the product promises, simulated and measured."""
