"""The simulated ministry: its services, its officers, its registers."""
