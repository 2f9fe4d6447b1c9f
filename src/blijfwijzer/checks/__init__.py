"""Findings about a model or a survey, each with a code: what was found, how grave, what to do."""
