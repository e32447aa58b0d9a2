"""Requirements, plans, goals and arenas; assignments, progress and documents."""
