"""Who may decide and cancel, and what a decision must hold."""
