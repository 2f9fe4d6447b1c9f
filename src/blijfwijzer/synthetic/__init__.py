"""The built-in survey, of which the truth is known."""
