"""Sentences and numbers as a language has them."""
