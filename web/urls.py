"""Addresses of the shell itself."""

from django.conf import settings
from django.contrib.auth import views as auth
from django.urls import path

from web import style, views

urlpatterns = [
    path("login/", views.SignInView.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("account/", views.account, name="account"),
    path("account/password/", views.PasswordView.as_view(), name="password_change"),
    path("preferences/", views.set_preferences, name="preferences"),
    path("search/", views.search_everything, name="search"),
]
if settings.DEBUG:
    urlpatterns.append(path("style/", style.page, name="style"))
