"""What sync keeps of plans: the goal catalogue with its replacements, and the learning-goal plans people have."""
