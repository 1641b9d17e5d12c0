"""The shell's own pages: signing in, account, preferences, search, and in DEBUG the style page."""

from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from web import preferences, search
from web.forms import ProfileForm, SignInForm
from web.roles.asking import roles_of
from web.roles.table import ROLES

IN_PALETTE, ON_PAGE = 5, 25


class SignInView(auth.LoginView):
    """Leads on to `next`, if that is an address of this site."""

    template_name = "web/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]  # LoginView names the base
        response = super().form_valid(form)
        if not form.cleaned_data["remember"]:
            self.request.session.set_expiry(0)
        return response


class PasswordView(auth.PasswordChangeView):
    """A new password; the person stays signed in here and nowhere else."""

    template_name = "web/password.html"
    success_url = reverse_lazy("account")

    def form_valid(self, form: object) -> HttpResponse:
        messages.success(self.request, "Your password is changed. Other devices are signed out.")
        return super().form_valid(form)  # type: ignore[arg-type]


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Name, preferences, password, signing out."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.instance.save(update_fields=form.changed_data)
        messages.success(request, "Your account is saved.")
        return redirect("account")
    roles = [(name, ROLES[name].purpose if name in ROLES else "") for name in roles_of(request.user)]
    return render(request, "web/account.html", {"form": form, "roles": roles})


@require_POST
def set_preferences(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen in cookies, and lead back. For everybody: an unknown value changes nothing."""
    is_script = bool(request.htmx)  # type: ignore[attr-defined]  # by django_htmx's middleware
    response = HttpResponse(status=204) if is_script else HttpResponseRedirect(_find_way_back(request))
    if (theme := request.POST.get("theme")) in preferences.THEMES:
        preferences.keep(response, preferences.THEME, theme)
    if (keys := request.POST.get("keys")) in preferences.SWITCH:
        preferences.keep(response, preferences.KEYS, keys)
    return response


def _find_way_back(request: HttpRequest) -> str:
    way = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(way, {request.get_host()}, require_https=request.is_secure())
    return way if is_ours else reverse("login")


@login_required
@vary_on_headers("HX-Request")
def search_everything(request: HttpRequest) -> HttpResponse:
    """Everything that matches `q`; a fragment for the palette."""
    text = request.GET.get("q", "")
    is_palette = bool(request.htmx)  # type: ignore[attr-defined]  # by django_htmx's middleware
    groups = search.search(request.user, text, IN_PALETTE if is_palette else ON_PAGE)
    template = "web/search.html#palette" if is_palette else "web/search.html"
    return render(request, template, {"text": text, "groups": groups})
