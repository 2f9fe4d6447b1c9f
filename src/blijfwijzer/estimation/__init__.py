"""Survey statistics: the ground of all rooms above.

Each statistic comes in two halves: what *gathers* goes through rows and gives sums, per group, unit
or draw; what *finishes* turns sums into an estimate and sees no rows. Sums of two parts of the rows
can be added (`+`, or `merge` where units differ), so that they may come from batches or machines.
"""
