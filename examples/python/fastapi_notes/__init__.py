"""Notes by FastAPI, for users of Latchkey."""
