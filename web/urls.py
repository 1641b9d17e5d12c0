"""Addresses of the shell itself."""

from django.contrib.auth import views as auth
from django.urls import path

login = auth.LoginView.as_view(template_name="web/login.html", redirect_authenticated_user=True)

urlpatterns = [
    path("login/", login, name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
]
