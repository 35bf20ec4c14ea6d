"""What this machine is: its clock, its randomness, where state lives, what tells installations apart."""
