"""A first codebook from a file."""
