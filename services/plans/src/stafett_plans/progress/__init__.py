"""What each person has done with every requirement: registrations, repetitions, signatures."""
