"""What follows when people, positions and leaders change."""
