"""The register of facts: this site's own, made from what plans and signing tell, and the other sites'."""
