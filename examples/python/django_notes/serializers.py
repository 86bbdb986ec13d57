"""The JSON of users and notes."""

from typing import Any

from rest_framework import serializers

from django_notes.models import Note, User


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "latchkey_id", "created_at"]


class Text(serializers.CharField):
    """A CharField that does not take a number for a text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class NoteSerializer(serializers.ModelSerializer[Note]):
    text = Text(max_length=10_000)

    class Meta:
        model = Note
        fields = ["id", "text", "created_at"]
