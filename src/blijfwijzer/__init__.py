"""Blijfwijzer: who may want to leave, who falls behind, why, and for which groups to act."""

__version__ = "0.1.0"
