"""Alerts from rows to people: what fires, who is told, how often; acknowledging, silencing, what a bad rule says."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, transaction

from common.clock import database_now
from monitoring import AlertRule
from monitoring.channels import webhook
from monitoring.channels.catalog import CHANNEL_TYPES, ChannelType
from monitoring.channels.webhook import is_public
from monitoring.exceptions import (
    AlertMoved,
    InvalidChannel,
    InvalidRange,
    InvalidRule,
    InvalidSilence,
    UndeliverableNotice,
)
from monitoring.models import Alert, AlertTransition, Channel, Delivery, Notice, Series
from monitoring.ready_made import ready_made_rules
from monitoring.selectors import measuring
from monitoring.selectors.backtest import backtest, samples_of
from monitoring.services import alerts, channels, notices, rules
from monitoring.services.changing import change_rule
from monitoring.services.evaluating import evaluate_rules
from monitoring.states import ALERT_MOVES, AlertStatus
from orchestration.exceptions import PipelineNotFound
from orchestration.models import RegisteredPipeline
from orchestration.services.pipelines import register_pipeline
from reviews.notices.webhooks import is_signed
from tests.engine import flow
from tests.monitoring.minutes import MINUTE, Clock, add, rule, write_minute
from tests.monitoring.receivers import Mailbox, Posts, mail_server, trickling_server, web_server
from tests.services import find_free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with mail_server(find_free_port()) as found:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        channels.save_channel(name="mail", kind="email", target="ops@example.com, oncall@example.com")
        yield found


@pytest.fixture
def posts(configure: Callable[..., None]) -> Iterator[Posts]:
    configure(alert_webhook_private_hosts=("127.0.0.1",))
    with web_server() as found:
        channels.save_channel(name="hook", kind="webhook", target=found.url)
        yield found


def the_alert() -> Alert:
    return Alert.objects.latest("pk")


def history(alert: Alert) -> list[str]:
    return [str(row.status) for row in alert.transitions.all()]


# Telling people -------------------------------------------------------------------------------------------------------


@pytest.mark.one_database
def test_each_channel_is_told_once_when_it_begins_and_once_when_it_ends(
    clock: Clock, mailbox: Mailbox, posts: Posts, caplog: pytest.LogCaptureFixture
) -> None:
    add(channels=["log", "mail", "hook"], runbook="look at the prompt")
    for error in (0, 3, 4, 5):
        clock.minute(ok=10, error=error)
        notices.deliver_due()
    (mail,), (post,) = mailbox.messages, posts.bodies
    assert mail["subject"] == "[WARNING] High Error Rate Alert: Pipeline (all) error rate: 23.08%"
    assert "look at the prompt" in mail.get_content()
    assert (post["kind"], post["value"], post["labels"]) == ("firing", pytest.approx(3 / 13), {})
    assert "error rate: 23.08%" in caplog.text
    for _ in range(3):
        clock.minute(ok=10, error=0)
        notices.deliver_due()
    assert [message["subject"][:10] for message in mailbox.messages] == ["[WARNING] ", "[RESOLVED]"]
    assert [body["kind"] for body in posts.bodies] == ["firing", "resolved"]
    assert Delivery.objects.filter(succeeded=True).count() == 6


@pytest.mark.one_database
def test_a_webhook_is_signed_and_its_id_stays_over_tries(clock: Clock, posts: Posts) -> None:
    add(channels=["hook"])
    posts.status = 500
    clock.minute(ok=0, error=1)
    assert notices.deliver_due() == 0
    posts.status = 200
    Notice.objects.update(due_at=clock.now)
    assert notices.deliver_due() == 1
    (first, body), (second, _) = posts.received
    assert is_signed(django_settings.ALERT_WEBHOOK_KEY, first, body, time.time())
    assert not is_signed("another key", first, body, time.time())
    assert first["webhook-id"] == second["webhook-id"]
    assert [row.said for row in Delivery.objects.all()] == ["HTTP 500 Internal Server Error", "HTTP 200"]


@pytest.mark.one_database
def test_a_message_that_never_arrives_is_given_up_and_said(clock: Clock, configure: Callable[..., None]) -> None:
    configure(alert_webhook_private_hosts=("127.0.0.1",))
    channels.save_channel(name="hook", kind="webhook", target=f"http://127.0.0.1:{find_free_port()}/")
    add(channels=["hook"])
    clock.minute(ok=0, error=1)
    for _ in range(notices.MOST_TRIES):
        assert notices.deliver_due() == 0
        Notice.objects.filter(status="waiting").update(due_at=clock.now)
    notice = Notice.objects.get()
    assert (notice.status, notice.tries) == ("failed", notices.MOST_TRIES)
    assert "refused" in Delivery.objects.latest("pk").said
    assert notices.retry_notice(notice_id=notice.pk)
    assert not notices.retry_notice(notice_id=notice.pk)


def test_two_senders_at_once_send_it_once(clock: Clock, posts: Posts, monkeypatch: pytest.MonkeyPatch) -> None:
    add(channels=["hook"])
    clock.minute(ok=0, error=1)
    original = notices._deliver

    def deliver(notice: Notice) -> bool:
        monkeypatch.setattr(notices, "_deliver", original)
        assert notices.deliver_due() == 0  # another process, while this one sends
        return original(notice)

    monkeypatch.setattr(notices, "_deliver", deliver)
    assert notices.deliver_due() == 1
    assert len(posts.received) == 1


def test_slow_channels_are_not_told_twice(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"hook{number:02}" for number in range(15)]
    for name in names:
        channels.save_channel(name=name, kind="webhook", target=f"https://{name}.example.com/")
    add(channels=names)
    clock.minute(ok=0, error=1)
    sent: list[str] = []

    def send(target: str, content: Any, message_id: str) -> str:
        sent.append(message_id)
        if len(sent) == len(names) - 1:  # another worker's job looks while this one still sends
            notices.deliver_due()
        passed[0] += timedelta(seconds=10)
        return "HTTP 200"

    passed, real = [timedelta()], database_now
    monkeypatch.setattr(notices, "database_now", lambda: real() + passed[0])
    monkeypatch.setitem(CHANNEL_TYPES, "webhook", ChannelType(lambda target: None, lambda target: "", send))
    notices.deliver_due()
    assert len(sent) == len(set(sent)) == len(names)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (UnicodeError("label too long"), "UnicodeError: label too long"),
        (UndeliverableNotice("HTTP 500 bad\0reason \ud800"), "HTTP 500 bad\ufffdreason ?"),
    ],
)
def test_whatever_a_channel_raises_is_a_failed_try_and_the_others_are_told(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, raised: Exception, said: str
) -> None:
    def send(target: str, content: Any, message_id: str) -> str:
        raise raised

    monkeypatch.setitem(CHANNEL_TYPES, "webhook", ChannelType(lambda target: None, lambda target: "", send))
    channels.save_channel(name="hook", kind="webhook", target="https://example.com/")
    add(channels=["hook", "log"])
    clock.minute(ok=0, error=1)
    assert notices.deliver_due() == 1
    assert Delivery.objects.get(notice__channel="hook").said == said
    assert Notice.objects.get(channel="log").status == "sent"


@pytest.mark.one_database
def test_a_webhook_that_answers_in_a_trickle_is_hung_up_on(
    clock: Clock, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(alert_webhook_private_hosts=("127.0.0.1",))
    monkeypatch.setattr(webhook, "SECONDS", 0.5)
    with trickling_server() as url:
        channels.save_channel(name="hook", kind="webhook", target=url)
        add(channels=["hook"])
        clock.minute(ok=0, error=1)
        assert notices.deliver_due() == 0
    assert "no complete answer within 0.5 s" in Delivery.objects.get().said


@pytest.mark.one_database
def test_nobody_is_told_while_it_is_silenced_and_everybody_when_that_ends(clock: Clock, posts: Posts) -> None:
    saved = add(channels=["hook"])
    clock.minute(ok=10, error=0)
    made = alerts.silence(
        rule=saved, reason="deploying", ends_at=clock.now + timedelta(days=2), starts_at=clock.now, by="ana"
    )
    clock.minute(ok=0, error=1)
    assert (the_alert().status, history(the_alert())) == ("silenced", ["firing", "silenced"])
    clock.minute(ok=1, error=0)
    clock.minute(ok=0, error=1)
    assert Notice.objects.count() == 0
    type(made).objects.update(ends_at=clock.now)
    clock.minute(ok=0, error=1)
    notices.deliver_due()
    assert [body["kind"] for body in posts.bodies] == ["firing"]
    assert history(the_alert()) == ["firing", "silenced", "firing"]


@pytest.mark.one_database
def test_what_fires_again_within_the_cooldown_is_kept_but_not_told(clock: Clock) -> None:
    add(cooldown_seconds=300)
    for error in (1, 0, 1, 0):
        clock.minute(ok=0 if error else 1, error=error)
    assert Alert.objects.filter(status="resolved").count() == 2
    assert list(Notice.objects.values_list("kind", flat=True)) == ["firing", "resolved"]


def test_evaluating_twice_at_one_moment_changes_nothing(clock: Clock) -> None:
    add()
    clock.minute(ok=0, error=1)
    before = (Alert.objects.count(), AlertTransition.objects.count(), Notice.objects.count())
    evaluate_rules(now=clock.now)
    evaluate_rules(now=clock.now - MINUTE)
    assert (Alert.objects.count(), AlertTransition.objects.count(), Notice.objects.count()) == before == (1, 1, 1)


# Incidents ------------------------------------------------------------------------------------------------------------


def test_each_pipeline_has_incidents_of_its_own(clock: Clock) -> None:
    add(group_by="pipeline")
    write_minute(clock.now, ok=0, error=1, pipeline="alpha")
    clock.minute(ok=0, error=2, pipeline="beta")
    assert {alert.group: alert.message for alert in Alert.objects.all()} == {
        "pipeline=alpha": "Pipeline alpha error rate: 100.00%",
        "pipeline=beta": "Pipeline beta error rate: 100.00%",
    }


@pytest.mark.one_database
def test_a_message_can_have_the_value_as_the_pages_write_it(clock: Clock) -> None:
    add(message_template="{value} of {samples:d} failed, more than {limit}")
    clock.minute(ok=2, error=1)
    assert the_alert().message == "33.3\u00a0% of 3 failed, more than 10\u00a0%"


@pytest.mark.one_database
def test_it_waits_before_it_fires_and_every_move_is_kept_with_its_value(clock: Clock) -> None:
    add(for_seconds=120)
    for ok in (0, 1, 3, 9, 30):
        clock.minute(ok=ok, error=1)
    rows = the_alert().transitions.values_list("status", "value")
    assert list(rows) == [("pending", 1.0), ("firing", 0.25), ("resolved", 0.1)]
    assert the_alert().worst_value == 1.0


def test_acknowledging_says_who_knows_and_only_once(clock: Clock) -> None:
    add()
    clock.minute(ok=0, error=1)
    alerts.acknowledge_alert(alert_id=the_alert().pk, by="ana", note="on it")
    with pytest.raises(AlertMoved, match="acknowledged by ana"):
        alerts.acknowledge_alert(alert_id=the_alert().pk, by="bob")
    clock.minute(ok=0, error=1)
    assert the_alert().status == "acknowledged"
    clock.minute(ok=1, error=0)
    clock.minute(ok=1, error=0)
    assert history(the_alert()) == ["firing", "acknowledged", "resolved"]
    assert list(Notice.objects.values_list("kind", flat=True)) == ["firing", "resolved"]


def test_switching_a_rule_off_ends_what_is_open(clock: Clock) -> None:
    saved = add()
    clock.minute(ok=0, error=1)
    rules.set_rule_enabled(rule_id=saved.pk, enabled=False)
    clock.minute(ok=0, error=1)
    assert (the_alert().status, the_alert().transitions.last().reason) == ("resolved", "its rule was switched off")  # type: ignore[union-attr]


@pytest.mark.parametrize("change", [{"group_by": ""}, {"group_by": "pipeline", "pipeline": "beta"}])
def test_what_a_changed_rule_no_longer_looks_at_ends(clock: Clock, change: dict[str, Any]) -> None:
    RegisteredPipeline.objects.create(id="beta")
    saved = add(group_by="pipeline", no_data="keep")
    clock.minute(ok=0, error=1, pipeline="alpha")
    AlertRule.objects.filter(pk=saved.pk).update(**change)
    clock.minute(ok=1, error=0, pipeline="beta")
    assert the_alert().status == "resolved"
    assert the_alert().transitions.latest("pk").reason == "its rule was changed"
    assert [notice.kind for notice in Notice.objects.order_by("pk")] == ["firing", "resolved"]


def test_changing_a_rule_leaves_alone_what_is_not_named() -> None:
    saved = add(runbook="look")
    rules.set_rule_enabled(rule_id=saved.pk, enabled=False)
    changed = change_rule(rule_id=saved.pk, changes={"threshold": 0.2})
    assert (changed.threshold, changed.enabled, changed.runbook) == (0.2, False, "look")
    with pytest.raises(InvalidRule):
        change_rule(rule_id=saved.pk, changes={"metric_name": "eror_rate"})


def test_an_evaluation_behind_another_leaves_no_trace(clock: Clock) -> None:
    saved = add()
    clock.minute(ok=0, error=1)
    AlertRule.objects.update(last_error="what the newer one said")
    evaluate_rules(now=clock.now - MINUTE)
    saved.refresh_from_db()
    assert (saved.evaluated_at, saved.last_error) == (clock.now, "what the newer one said")


def test_an_incident_nobody_could_be_told_of_is_told_once_somebody_can(clock: Clock) -> None:
    add(channels=["log"])
    channels.save_channel(name="log", kind="log", enabled=False)
    clock.minute(ok=0, error=1)
    assert (the_alert().status, the_alert().announced_at) == ("firing", None)
    channels.save_channel(name="log", kind="log")
    clock.minute(ok=0, error=1)
    assert the_alert().announced_at == clock.now
    assert Notice.objects.count() == 1


def test_a_rule_that_cannot_be_evaluated_says_so_and_keeps_none_of_the_others(clock: Clock) -> None:
    broken, sound = add(name="broken"), add(name="sound")
    AlertRule.objects.filter(pk=broken.pk).update(metric_name="gone")
    clock.minute(ok=0, error=1)
    assert "no metric" in AlertRule.objects.get(pk=broken.pk).last_error
    assert the_alert().rule_id == sound.pk


@pytest.mark.one_database
@pytest.mark.parametrize("status", list(AlertStatus))
def test_only_what_fires_can_be_acknowledged(clock: Clock, status: AlertStatus) -> None:
    add()
    clock.minute(ok=0, error=1)
    ended = clock.now if status == "resolved" else None
    Alert.objects.update(status=status, resolved_at=ended)
    if AlertStatus.ACKNOWLEDGED in ALERT_MOVES[status]:
        assert alerts.acknowledge_alert(alert_id=the_alert().pk, by="ana").status == "acknowledged"
    else:
        with pytest.raises(AlertMoved):
            alerts.acknowledge_alert(alert_id=the_alert().pk, by="ana")


def test_the_database_refuses_two_open_alerts_about_the_same(clock: Clock) -> None:
    add()
    clock.minute(ok=0, error=1)
    double = the_alert()
    double.pk, double._state.adding = None, True
    with pytest.raises(IntegrityError), transaction.atomic():
        double.save()


# Rules ----------------------------------------------------------------------------------------------------------------


def test_a_rule_of_the_same_scope_and_name_is_changed_not_doubled() -> None:
    flow.start()
    first = rules.add_alert_rule(rule=rule(), pipeline_id="flow")
    second = rules.add_alert_rule(rule=rule(threshold=0.5), pipeline_id="flow")
    everywhere = rules.add_alert_rule(rule=rule())
    assert (first.pk, second.threshold) == (second.pk, 0.5)
    assert everywhere.pk != first.pk
    with pytest.raises(IntegrityError), transaction.atomic():
        rule().save()


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"metric_name": "eror_rate"}, "metric_name", "did you mean error_rate"),
        ({"operator": "=>"}, "operator", "not a valid choice"),
        ({"threshold": float("nan")}, "threshold", "finite"),
        ({"threshold": "much"}, "threshold", "float"),
        ({"severity": "dire"}, "severity", "not a valid choice"),
        ({"window_seconds": 5}, "window_seconds", "greater than or equal to 60"),
        ({"resolve_threshold": 0.2}, "resolve_threshold", "below the threshold"),
        ({"message_template": "{current_value:999999999}"}, "message_template", "at most 100"),
        ({"channels": ["pager"]}, "channels", "no channel pager"),
        ({"channels": "log"}, "channels", "list of names"),
        ({"group_by": "task"}, "group_by", "not kept by task"),
        ({"name": ""}, "name", "blank"),
    ],
)
def test_a_rule_that_could_never_work_is_refused_naming_the_field(
    changes: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(InvalidRule) as refused:
        add(**changes)
    problems = dict(refused.value.problems)
    assert says in problems[field]


@pytest.mark.one_database
def test_a_rule_for_a_pipeline_that_is_not_there_names_the_nearest() -> None:
    flow.start()
    with pytest.raises(PipelineNotFound, match='did you mean "flow"'):
        rules.add_alert_rule(rule=rule(), pipeline_id="flwo")


@pytest.mark.one_database
@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 10.0},
        {"threshold": -0.1},
        {"threshold": 1.0},
        {"operator": ">=", "threshold": 1.1},
        {"operator": "<", "threshold": 0.0},
        {"operator": "<", "threshold": 99.0},
        {"operator": "==", "threshold": 10.0},
        {"metric_name": "retry_rate", "threshold": 30},
        {"metric_name": "queue_depth", "operator": "<", "threshold": -1.0},
        {"metric_name": "queue_depth", "operator": "<", "threshold": 0},
    ],
)
def test_a_threshold_that_no_value_reaches_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRule) as refused:
        add(**wrong)
    ((field, message),) = refused.value.problems
    assert field == "threshold"
    assert ("write 0.1 for 10 %" in message) == (wrong.get("threshold") not in (0, 0.0, 1.0, -1.0))


@pytest.mark.one_database
@pytest.mark.parametrize("field", ["name", "metric_name", "operator", "threshold", "message_template", "channels"])
def test_what_a_rule_leaves_open_is_named(field: str) -> None:
    with pytest.raises(InvalidRule) as refused:
        add(**{field: None})
    assert field in dict(refused.value.problems)


def test_a_rule_that_names_its_pipeline_is_for_that_one(noon: datetime) -> None:
    flow.start(flow.ONE)
    assert add(pipeline_id="flow").pipeline_id == "flow"
    with pytest.raises(PipelineNotFound, match='did you mean "flow"'):
        add(pipeline_id="flwo")
    with pytest.raises(PipelineNotFound, match='did you mean "flow"'):
        backtest(rule(pipeline_id="flwo"), noon, noon + MINUTE)


@pytest.mark.one_database
def test_a_resolve_threshold_that_no_value_reaches_is_refused() -> None:
    with pytest.raises(InvalidRule, match="resolve_threshold: cannot be -1"):
        add(metric_name="queue_depth", threshold=5.0, resolve_threshold=-1.0)


@pytest.mark.one_database
@pytest.mark.parametrize(
    "right",
    [
        {"operator": ">=", "threshold": 1.0},
        {"operator": "<=", "threshold": 0.0},
        {"metric_name": "completion_ratio", "threshold": 1.5},
        {"metric_name": "sla_budget_burn", "threshold": 2.0},
        {"metric_name": "workers", "operator": "<", "threshold": 1.0},
        {"operator": "<", "threshold": 0.0, "no_data": "alert"},
    ],
)
def test_a_threshold_at_the_edge_of_what_can_be_is_taken(right: dict[str, Any]) -> None:
    assert add(**right).pk


def test_every_ready_made_rule_works_and_says_what_to_do() -> None:
    installed = rules.install_ready_made()
    assert len(installed) == len(ready_made_rules()) >= 9
    assert all(one.runbook for one in installed)
    assert rules.install_ready_made() == []
    evaluate_rules()
    assert not AlertRule.objects.exclude(last_error="").exists()


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("pager", "x"),
        ("email", "nobody"),
        ("email", ""),
        ("webhook", "ftp://host/"),
        ("webhook", "https://u:p@host/"),
        ("webhook", "https://host..com/"),
        ("webhook", f"https://{64 * 'a'}.example.com/x"),
    ],
)
def test_a_channel_that_leads_nowhere_is_refused(kind: str, target: str) -> None:
    with pytest.raises(InvalidChannel):
        channels.save_channel(name="x", kind=kind, target=target)


@pytest.mark.one_database
def test_a_target_longer_than_its_column_is_refused() -> None:
    with pytest.raises(InvalidChannel, match="2000 characters"):
        channels.save_channel(name="x", kind="webhook", target=f"https://host/{'x' * 2000}")


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("kind", "target", "variable"),
    [
        ("email", "ops@example.com", "EMAIL_URL"),
        ("webhook", "http://127.0.0.1:1/", "ALERT_WEBHOOK_PRIVATE_HOSTS"),
        ("webhook", "http://[::1]/", "ALERT_WEBHOOK_PRIVATE_HOSTS"),
        ("webhook", "http://localhost/", "ALERT_WEBHOOK_PRIVATE_HOSTS"),
        ("webhook", "https://hooks.example.com/", ""),
        ("log", "", ""),
    ],
)
def test_a_channel_tells_what_keeps_its_messages_from_arriving(kind: str, target: str, variable: str) -> None:
    trouble = channels.obstacle(channels.save_channel(name="x", kind=kind, target=target))
    assert variable in trouble
    assert bool(trouble) == bool(variable)


@pytest.mark.one_database
def test_a_channel_that_is_configured_has_no_obstacle(configure: Callable[..., None]) -> None:
    configure(email_url="smtp://mail", alert_webhook_private_hosts=("10.0.0.7",))
    assert not channels.obstacle(Channel(kind="email", target="ops@example.com"))
    assert not channels.obstacle(Channel(kind="webhook", target="https://10.0.0.7/"))


@pytest.mark.one_database
def test_mail_that_finds_no_server_says_which_setting_names_one(clock: Clock, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", find_free_port()
    channels.save_channel(name="mail", kind="email", target="ops@example.com")
    add(channels=["mail"])
    clock.minute(ok=0, error=1)
    assert notices.deliver_due() == 0
    assert "refused; EMAIL_URL names no mail server" in Delivery.objects.get().said


@pytest.mark.one_database
def test_a_silence_has_a_reason_an_end_and_something_it_is_about(clock: Clock) -> None:
    saved, soon = add(), clock.now + timedelta(days=1)
    for wrong in (
        {"reason": " ", "rule": saved, "ends_at": soon},
        {"reason": "x", "rule": saved, "ends_at": clock.now - timedelta(days=1)},
        {"reason": "x", "rule": saved, "ends_at": soon + timedelta(days=40)},
        {"reason": "x", "ends_at": soon},
    ):
        with pytest.raises(InvalidSilence):
            alerts.silence(**wrong)  # type: ignore[arg-type]


# Webhooks reach no private network ------------------------------------------------------------------------------------


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
    ],
)
def test_an_address_is_public_or_not(address: str, public: bool) -> None:
    assert is_public(address) == public


@pytest.mark.one_database
def test_a_webhook_to_this_machine_is_refused_and_so_is_a_redirect(clock: Clock, posts: Posts, settings: Any) -> None:
    posts.status, posts.location = 302, "http://169.254.169.254/"
    add(channels=["hook"])
    clock.minute(ok=0, error=1)
    assert notices.deliver_due() == 0
    assert Delivery.objects.latest("pk").said.startswith("HTTP 302")
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"alert_webhook_private_hosts": ()})
    Notice.objects.update(due_at=clock.now)
    assert notices.deliver_due() == 0
    assert "not public" in Delivery.objects.latest("pk").said
    assert len(posts.received) == 1


# Back-test ------------------------------------------------------------------------------------------------------------


def test_a_back_test_finds_the_incidents_that_live_evaluation_found(clock: Clock, noon: datetime) -> None:
    saved = add(for_seconds=60, keep_firing_seconds=60, cooldown_seconds=240, window_seconds=120, group_by="pipeline")
    errors = [0, 1, 5, 5, 0, 0, 0, 9, 9, 9, 0, 0, 0, 0, 9, 9, 9]
    for error in errors:
        clock.minute(ok=10, error=error, pipeline="alpha")
    result = backtest(saved, noon, clock.now)
    live = Alert.objects.filter(fired_at__isnull=False).order_by("fired_at")
    assert [(one.fired_at, one.ended_at) for one in result.incidents] == [
        (alert.fired_at, alert.resolved_at) for alert in live
    ]
    assert len(result.incidents) == 3
    assert result.messages == Notice.objects.count()
    assert [one.worst_value for one in result.incidents] == [pytest.approx(alert.worst_value) for alert in live]


def test_what_a_back_test_measured_is_not_rounded_to_what_it_was_not(clock: Clock, noon: datetime) -> None:
    for _ in range(10):
        clock.minute(ok=0, error=3)
    found = backtest(rule(threshold=0.9), noon, clock.now).value_percentiles
    assert found == dict.fromkeys(("p50", "p90", "p95", "p99", "max"), 1.0)


def test_a_back_test_says_what_was_measured_and_where_it_came_closest(clock: Clock, noon: datetime) -> None:
    for error in range(10):
        clock.minute(ok=10, error=error, pipeline="alpha")
    clock.minute(ok=1, error=0, pipeline="beta")
    saved = rule(threshold=0.9, group_by="pipeline")
    result = backtest(saved, noon, clock.now)
    figures = {"p50": 4 / 14, "p90": 8 / 18, "max": 9 / 19}
    assert {kind: result.value_percentiles[kind] for kind in figures} == pytest.approx(figures, rel=0.2)
    assert [group.worst_value for group in result.groups] == [pytest.approx(9 / 19), 0]
    charted = samples_of(saved, {"pipeline": "alpha"}, noon, clock.now)
    assert [one.value for one in charted[:10]] == [pytest.approx(error / (10 + error)) for error in range(10)]


@pytest.mark.parametrize("limit", ["MOST_FIGURES", "MOST_SAMPLES"])
def test_a_back_test_of_more_than_can_be_held_is_refused(
    clock: Clock, noon: datetime, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    for name in ("alpha", "beta", "gamma"):
        write_minute(noon, ok=1, error=1, pipeline=name)
    monkeypatch.setattr(measuring, limit, 2)
    with pytest.raises(InvalidRange, match="limit the rule to a pipeline"):
        backtest(rule(group_by="pipeline"), noon, noon + MINUTE)
    register_pipeline(pipeline=flow.define(flow.ONE), pipeline_id="alpha")
    narrower = rule(group_by="pipeline", pipeline_id="alpha")
    assert len(backtest(narrower, noon, noon + MINUTE).groups) == 1
    assert len(samples_of(rule(group_by="pipeline"), {"pipeline": "alpha"}, noon, noon + MINUTE)) == 1


def test_a_back_test_begins_where_minutes_are_kept(noon: datetime, configure: Callable[..., None]) -> None:
    configure(metrics_retention_days=1)
    result = backtest(rule(no_data="alert"), noon - timedelta(days=20), noon)
    assert noon - result.start <= timedelta(days=1)
    assert result.firing_seconds <= timedelta(days=1).total_seconds()


def test_a_back_test_writes_nothing_and_refuses_what_live_would(noon: datetime) -> None:
    unsaved = rule(threshold=0.5)
    result = backtest(unsaved, noon, noon + timedelta(hours=1))
    assert (result.incidents, result.messages, AlertRule.objects.count(), Series.objects.count()) == ([], 0, 0, 0)
    with pytest.raises(InvalidRule):
        backtest(rule(metric_name="x"), noon, noon + MINUTE)
    with pytest.raises(InvalidRange):
        backtest(unsaved, noon, noon)


def test_the_log_channel_is_there_without_anybody_making_it_and_stays() -> None:
    add()
    assert Channel.objects.get().kind == "log"
    with pytest.raises(InvalidChannel, match="switch it off instead"):
        channels.delete_channel(name="log")
