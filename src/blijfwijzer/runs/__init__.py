"""One story per command; only here the order of things is known."""
