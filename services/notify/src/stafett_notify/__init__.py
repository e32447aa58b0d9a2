"""Alerts, e-mail, weekly summary, home-page cards and calendar invitations."""
