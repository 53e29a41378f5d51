"""The simulated province: its feed, its dossiers, its look-up of the registers, its citizens and clerks."""
