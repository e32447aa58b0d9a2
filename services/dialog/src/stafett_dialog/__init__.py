"""Conversation forms, conversations, mentoring and follow-up activities."""
