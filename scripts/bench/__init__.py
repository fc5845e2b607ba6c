"""How long everything takes, as ratios in one run: ``python scripts/bench STUDY …``."""
