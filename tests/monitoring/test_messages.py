"""Message templates: the product description's example, and everything a template must not be able to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.exceptions import InvalidTemplate
from monitoring.messages import LONGEST_MESSAGE, check_template, format_message

Values = dict[str, float | str | None]
VALUES: Values = {"pipeline": "invoices", "current_value": 0.1234, "threshold": 0.1, "samples": 12}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("Pipeline {pipeline} error rate: {current_value:.2%}", "Pipeline invoices error rate: 12.34%"),
        ("{current_value} > {threshold}", "0.1234 > 0.1"),
        ("{samples:d} of {samples:>5.1f}", "12 of  12.0"),
        ("{{braces}} {pipeline:_^12}", "{braces} __invoices__"),
        ("{detail}", "no data"),
        ("two\nlines", "two lines"),
    ],
)
def test_a_template_is_filled_in(template: str, message: str) -> None:
    assert format_message(template, VALUES) == message


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{current_value:999999999}", "at most 100"),
        ("{current_value:.999999999f}", "at most 100"),
        ("{pipeline:>101}", "at most 100"),
        ("{pipeline.__class__}", "no field"),
        ("{pipeline[0]}", "no field"),
        ("{0}", "no field"),
        ("{}", "no field"),
        ("{pipeline!r}", "leave out !r"),
        ("{current_value:{samples}}", "not a format"),
        ("{pipeline:d}", "use one of"),
        ("{curent_value}", "did you mean {current_value}"),
        ("{pipeline", "for braces"),
    ],
)
def test_what_a_template_may_not_do_is_refused_with_a_reason(template: str, says: str) -> None:
    with pytest.raises(InvalidTemplate) as refused:
        check_template(template)
    assert says in str(refused.value)


def test_a_message_is_never_longer_than_a_page() -> None:
    assert len(format_message("{pipeline}" * 50, {"pipeline": "x" * 200})) == LONGEST_MESSAGE


@given(st.text(alphabet="{}:.!%[]0159<>=^ fds_currentvalupi", max_size=60))
def test_any_text_is_filled_in_or_refused(template: str) -> None:
    try:
        message = format_message(template, VALUES)
    except InvalidTemplate:
        return
    assert len(message) <= LONGEST_MESSAGE
