"""Who is exchanged: trainees, their HPR numbers, their presence here and at other sites, and the person checks."""
