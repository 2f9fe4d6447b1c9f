"""Pages, cards and records of a pack for those who must be able to trust a release."""
