"""What counts as sure, and as large enough, for a claim: the same for every survey."""

LEVEL = 0.05
"""Of p, once adjusted for the number of claims of a family."""
FLOOR_SHARE = 0.02
"""Difference of shares below which it is none, whatever its p: with 40,000 respondents everything
is significant (domain notes, C, rule 4). Ours: a fifth of the smallest rate among the claims."""
FLOOR_D = 0.10
"""The same in standard deviations between people: half a small effect (Cohen 1988, p. 25)."""
FLOOR_R = 0.05
"""The same for slopes of standardised answers: half a small correlation (Cohen 1988, p. 79)."""
GAP = 0.05
"""Difference of shares that counts as a gap between groups of employees: 5 points."""
MOST = 0.5
"""Share of people, or of things that could be done, from which they are most."""
LARGE_DIFFERENCE = 0.2
"""Standard deviations that count as a difference between groups (domain notes, E.3)."""
STRONG_RELATION = 0.4
"""Correlation of statement and behaviour above which behaviour shows it (domain notes, C, H10)."""
LARGE_GAIN = 0.02
"""Difference of R2 below which it is none: a small effect (Cohen 1988, p. 413: f2 = .02)."""
LARGE_SHARE = 0.03
"""Share of variance between units below which an average hides little (domain notes, C, H18)."""
FLOOR_INDIRECT = FLOOR_R**2
"""Of a product of two slopes."""
