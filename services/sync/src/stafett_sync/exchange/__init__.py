"""The bus between sites: what arrives is verified and stored before it is acknowledged, and answered."""
