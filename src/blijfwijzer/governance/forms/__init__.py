"""Forms and what is said in them, as data."""
