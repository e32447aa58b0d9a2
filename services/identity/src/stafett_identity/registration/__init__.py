"""The municipal site: units, self-registration, invitations, and choosing leader, mentor and supervisors."""
