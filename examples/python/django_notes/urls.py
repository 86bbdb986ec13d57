"""Where the endpoints are."""

from django.urls import path

from django_notes.views import MeView, NotesView, NoteView

urlpatterns = [
    path("me", MeView.as_view()),
    path("notes", NotesView.as_view()),
    path("notes/<str:note_id>", NoteView.as_view()),
]
handler404 = "django_notes.exceptions.not_found"
