"""What people see: how fresh things are, «Tidligere utdanning» and «Tidligere arbeidssted»."""
