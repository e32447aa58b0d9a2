"""The home page (Hjem): cards, their alerts, dismissing, and the counts of the follow-up cards."""
