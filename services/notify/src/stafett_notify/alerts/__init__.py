"""Alerts (varsler): making them of events, once each, and taking them away when they are no longer true."""
