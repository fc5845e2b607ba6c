"""What to build: sites of new places, or projects of a reserve list; proven best, or with the gap to a bound.

A list of n projects has 2**n sets, and to measure one is to measure the study again. So a model proposes sets, and only
these are measured (logic-based Benders decomposition)::

    upper_bound    relaxation: all projects at once, none of which hurts; nobody walks longer than with any set
        |
    routes         which projects can be on a route within the limit there
        |
    potential      what each project brings alone, measured, and which could bring more together
        |
    optimise       master problem: the cheapest candidate set, and a bound for all others   <--+
        |                                                                                      | cuts
    trials         oracle: measures the candidate exactly, and refutes what the model hoped ---+
        |
        |          ... until both agree (search): the set is the cheapest, proven
        |
    frontier       the cheapest set for each number of communities (epsilon-constraint method)
        |
    build_order    greedy order: first what brings most communities to pass for its cost
        |
    planning       the plan, measured as a run would; tables: projects in order, street offices, what stays out of reach

Sites need no trials, for new places never hurt: they are one covering problem (candidates → site_cover → siting, with
worst_fifth for the longest walks), and what they change is measured once at the end.

May import ``scenarios`` and what is below it.
"""
