"""What happens to a message. The modules at this level read as the journey: intake, delivery, and what people do by
hand."""
