"""A person's learning goals and competence goals: sending to approval, decisions, status."""
