"""Long-running searches for faults: mutated inputs, killed runs, outputs that differ."""
