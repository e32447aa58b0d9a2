"""The tables of this service, gathered as the capabilities define them."""

from sqlalchemy import MetaData

metadata = MetaData()
