"""The shell's forms: signing in and the account."""

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    """Name and password; without `remember` the session ends with the browser."""

    remember = forms.BooleanField(required=False, initial=True)
    error_messages = {
        "invalid_login": "Check the name and the password; capital and small letters differ.",
        "inactive": "This account is switched off. Somebody with access to the admin can switch it on.",
    }


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter when it runs
    """What people may change about themselves."""

    class Meta:
        model = get_user_model()
        fields = ["first_name", "last_name", "email"]
