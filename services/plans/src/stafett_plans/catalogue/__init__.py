"""What people may be asked to learn: requirements and activities, categories, goals and their templates."""
