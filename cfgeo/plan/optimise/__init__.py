"""The optimisation problems behind sites and plans, as arrays alone.

- Sites: ``covering`` (greedy algorithm, local search), ``covering_exact`` (Lagrangian bound, mixed-integer model),
  ``capacitated`` (places that serve so many children only).
- Plans: ``portfolio`` (mixed-integer model with cuts), ``greedy`` (sets to begin with).
- ``budget`` shares money over several frontiers of plans.
- ``highs`` solves the mixed-integer models.

May import ``core`` alone.
"""
