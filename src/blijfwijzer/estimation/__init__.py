"""Survey statistics: the ground of all rooms above."""
