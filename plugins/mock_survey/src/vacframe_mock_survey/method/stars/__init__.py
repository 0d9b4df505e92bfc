"""What a star is: model, companions, chemistry, rotation."""
