"""Every signature and approval: asking, deciding, delegating, undoing, proving."""
