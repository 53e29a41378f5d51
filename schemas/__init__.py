"""What is said: both partners' wire forms, our own records, and the findings about them. Imports nothing of ours."""
