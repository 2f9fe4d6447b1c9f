"""What people answered: codebooks, intake, scales and the built-in survey."""
