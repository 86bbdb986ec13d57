"""Notes by Django REST framework, for users of Latchkey."""
