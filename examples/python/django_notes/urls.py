"""Where the endpoints are."""

from django.urls import path

from django_notes.views import MeView, NotesView, NoteView

urlpatterns = [
    path("me", MeView.as_view()),
    path("notes", NotesView.as_view()),
    path("notes/<str:note_id>", NoteView.as_view()),
]
handler400 = "django_notes.exceptions.bad_request"
handler404 = "django_notes.exceptions.not_found"
handler500 = "django_notes.exceptions.server_error"
