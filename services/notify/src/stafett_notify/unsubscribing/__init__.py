"""«Skru av» in an e-mail, without log-in (NTF-098)."""
