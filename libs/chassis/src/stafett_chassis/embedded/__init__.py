"""A whole site, or several, in one process: no broker and no database server to install."""
