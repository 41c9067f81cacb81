"""Every message of check, with the line it belongs to."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from journeys.check import check
from tests.journeys.town import FILES, SETTINGS

PRODUCT = Path(__file__).parents[2] / "cdp" / "app"
WORKSPACES = sorted(path.parent for path in PRODUCT.rglob("journeys") if list(path.glob("*.yaml")))
TRAITS = "spent_90d: {agg: sum, event: order.paid, field: data.amount_fen, window: 90d}\n"


def problems(text: str, *others: str) -> list[tuple[int, str, str]]:
    """(line, path, message) of everything wrong with a journey, others beside it."""
    files = {"journeys/a.yaml": dedent(text).lstrip("\n"), "traits.yaml": TRAITS}
    files |= {f"journeys/b{n}.yaml": dedent(other).lstrip("\n") for n, other in enumerate(others)}
    return [(p.line, p.path, p.message) for p in check(files, SETTINGS)]


def line_of(text: str, number: int) -> str:
    return dedent(text).lstrip("\n").splitlines()[number - 1]


def test_the_journeys_of_the_campaign_have_no_mistakes():
    assert check(FILES, SETTINGS) == []


@pytest.mark.parametrize("workspace", WORKSPACES, ids=lambda path: path.name)
def test_the_workspaces_that_come_with_the_product_have_no_mistakes(workspace):
    files = {str(p.relative_to(workspace)): p.read_text() for p in workspace.rglob("*.yaml")}
    assert check(files, SETTINGS) == []


GOOD = """
journey: good
entry: {event: order.paid, where: data.amount_fen > 0}
steps:
  - wait: 1d
  - leave: done
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("journey: good", "jurney: good", 1, "unknown word 'jurney'; did you mean 'journey'?"),
        ("journey: good", "journey: Good Day", 1, "cannot be the id of a journey"),
        ("event: order.paid", "event: order.pai", 2, "there is no event type 'order.pai'; did you mean 'order.paid'?"),
        ("event: order.paid", "evnt: order.paid", 2, "unknown word 'evnt'; did you mean 'event'?"),
        ("event: order.paid", "schedule: weekly", 2, "entry by 'schedule' is not available in this version"),
        ("data.amount_fen > 0", "data.amount > 0", 2, "order.paid has no field 'amount'; did you mean 'amount_fen'?"),
        ("data.amount_fen > 0", "data.receiver_name = 'x'", 2, "data.receiver_name is sealed"),
        ("data.amount_fen > 0", "context.oder = 'x'", 2, "a context has no 'oder'; did you mean 'order'?"),
        ("data.amount_fen > 0", "spend_90d > 1", 2, "there is no trait 'spend_90d'; did you mean 'spent_90d'?"),
        ("data.amount_fen > 0", "person.bilding = 'x'", 2, "a person has no 'bilding'; did you mean 'building'?"),
        ("data.amount_fen > 0", "person.nickname = 'x'", 2, "person.nickname is sealed"),
        ("data.amount_fen > 0", "entry.data.amount_fen > 0", 2, "no event is looked at"),
        ("data.amount_fen > 0", "data.amount_fen >", 2, "not SQL that can be read"),
        ("data.amount_fen > 0", "now() > 1", 2, "there is no function now()"),
        ("where: data.amount_fen > 0", "key: order", 2, "'order' is no key"),
        ("where: data.amount_fen > 0", "key: data.nothing", 2, "has no field 'nothing'"),
        ("where: data.amount_fen > 0", "again: sometimes", 2, "'sometimes' is none of always, never"),
        ("where: data.amount_fen > 0", "again: {after: soon}", 2, "'soon' is not a duration"),
        ("where: data.amount_fen > 0", "again: {per_key: 0}", 2, "a whole number from 1 to 1000"),
        ("where: data.amount_fen > 0", "again: {}", 2, "again is never, always"),
        ("where: data.amount_fen > 0", "late: 1 hour", 2, "'1 hour' is not a duration"),
        ("where: data.amount_fen > 0", "tag: 老客", 2, "an event or a tag, not both"),
        ("wait: 1d", "wait: 1 day", 4, "'1 day' is not a duration"),
        ("wait: 1d", "wait: {until: '25:00'}", 4, "is no time of day"),
        ("wait: 1d", "wait: {until: '20:00', on: [saturday]}", 4, "'saturday' is no weekday"),
        ("wait: 1d", "wate: 1d", 4, "'wate' is no step; did you mean 'wait'?"),
        ("wait: 1d", "coupon: {template: x}", 4, "'coupon' is not available in this version"),
        ("wait: 1d", "webhook: {url: x}", 4, "'webhook' is not available in this version"),
        ("wait: 1d", "[wait]", 4, "is no step"),
        ("wait: 1d", "tag: {}", 4, "adds or removes at least one tag"),
        ("wait: 1d", "tag: {add: [a], remove: [a]}", 4, "a is added and removed at once"),
        ("wait: 1d", "send: {via: wecom.letter, text: hi}", 4, "none of wecom.message, wecom.welcome"),
        ("wait: 1d", "send: {via: wecom.message}", 4, "'text' is missing"),
        ("wait: 1d", "send: {via: wecom.message, text: ''}", 4, "expected a text"),
        ("wait: 1d", "send: {via: wecom.message, text: hi, purpose: fun}", 4, "'fun' is none of promotion, service"),
        ("wait: 1d", "send: {via: wecom.message, text: '{{ person.nick }}'}", 4, "the text uses 'person.nick'"),
        ("wait: 1d", "send: {via: wecom.message, text: '{{ data.amount_fen }}'}", 4, "is entry.data.amount_fen"),
        ("wait: 1d", "send: {via: wecom.message, text: '{{ entry.data.price }}'}", 4, "has no field 'price'"),
        ("wait: 1d", "send: {via: wecom.message, text: '{{ spend_90d }}'}", 4, "did you mean 'spent_90d'?"),
        ("wait: 1d", "send: {via: wecom.message, text: '{{ nobody.x }}'}", 4, "means nothing here"),
        ("wait: 1d", "send: {via: wecom.message, text: '{{ oops'}", 4, "this text cannot be used"),
        ("wait: 1d", "send: {via: wecom.message, text: '{{ spent_90d | shout }}'}", 4, "No filter named 'shout'"),
        ("wait: 1d", "send: {via: wecom.welcome, text: hi}", 4, "wecom.welcome needs welcome_code of the event"),
        ("wait: 1d", "invite: {via: wecom.message}", 4, "'group' is missing"),
        ("wait: 1d", "choose: [{when: spent_90d > 1, do: []}]", 4, "a choose ends with an else"),
        ("wait: 1d", "choose: [{else: []}, {when: spent_90d > 1, do: []}]", 4, "what stands behind else is never reached"),
        ("wait: 1d", "choose: [{wen: spent_90d > 1, do: []}, {else: []}]", 4, "unknown word 'wen'; did you mean 'when'?"),
        ("wait: 1d", "choose: [{when: data.x > 1, do: []}, {else: []}]", 4, "no event is looked at"),
        ("wait: 1d", "choose: [{when: true, do: []}, {else: [{leave: x}]}]", 4, "this step is never reached"),
        ("wait: 1d", "choose: [{when: false, do: [{leave: x}]}, {else: []}]", 4, "this step is never reached"),
        ("wait: 1d", "leave: done", 5, "this step is never reached"),
        ("wait: 1d", "split: {A: {share: 60, do: []}, B: {share: 30, do: []}}", 4, "100 together, not 90"),
        ("wait: 1d", "split: {A.1: {share: 50, do: []}, B: {share: 50, do: []}}", 4, "cannot be the name of a way"),
        ("wait: 1d", "await: [{event: order.payd, do: []}]\n    timeout: 1d", 4, "did you mean 'order.paid'?"),
        ("wait: 1d", "await: [{event: order.paid, do: []}]", 4, "'timeout' is missing"),
        ("wait: 1d", "await: [{when: spend > 1, do: []}]\n    timeout: 1d", 4, "there is no trait 'spend'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(old, new, line, message):
    text = GOOD.replace(old, new, 1)
    found = problems(text)
    assert any(at == line and message in told for at, _, told in found), found


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("holdout: 100%", "'100%' is no share"),
        ("holdout: some", "'some' is no share"),
        ("audience: data.x = 1", "no event is looked at"),
        ("audience: has_tag(1)", "has_tag takes one tag"),
        ("gates: {quiet: all day}", "are no quiet hours"),
        ("gates: {quiet: '08:00-08:00'}", "would be quiet all day"),
        ("gates: {quiet: {hours: '21:00-08:00', then: wait}}", "hold or drop, not 'wait'"),
        ("gates: {cap: 0/day}", "can never pass"),
        ("gates: {cap: daily}", "'daily' is no cap"),
        ("gates: {cap: 1/fortnight}", "is not a duration"),
        ("gates: {cap: {sms: 1/day}}", "there is no channel 'sms'"),
        ("gates: {silence: x}", "unknown word 'silence'"),
        ("exit: [{event: order.refundd}]", "did you mean 'order.refunded'?"),
        ("exit: [{event: order.refunded, where: data.a = entry.data.b}]", "order.refunded has no field 'a'"),
        ("exit: [{event: order.refunded, within: 1d}]", "unknown word 'within'"),
        ("exit: {event: order.refunded}", "expected a list"),
        ("goal: {where: true}", "'event' is missing"),
        ("goal: {event: order.paid, within: ever}", "'ever' is not a duration"),
    ],
)
def test_a_mistake_beside_the_steps_is_named_with_its_line(word, message):
    found = problems(GOOD.replace("steps:", f"{word}\nsteps:", 1))
    assert any(line == 3 and message in told for line, _, told in found), found


def test_all_mistakes_are_reported_at_once_in_order():
    found = problems(
        """
        journey: Wrong
        entry: {event: order.payed}
        steps:
          - wait: never
          - sned: {}
        """
    )
    assert [line for line, _, _ in found] == [1, 2, 4, 5]


def test_without_an_event_to_enter_by_the_mistakes_of_all_other_parts_are_told():
    found = problems(
        """
        journey: a
        entry:
          again: {after: soon}
          late: x
        audience: spent_9d > 1
        holdout: some
        goal: {event: order.payed}
        gates: {quiet: all day}
        exit: [{event: order.paid, where: data.nope = entry.data.order}]
        steps:
          - wait: never
          - choose: [{when: entry.data.amount_fen > 1, do: [{leave: done}]}, {else: []}]
          - send: {via: wecom.message, purpose: service, text: "{{ entry.data.product_id }} {{ nobody }}"}
        """
    )
    assert [line for line, _, _ in found] == [2, 3, 4, 5, 6, 7, 8, 9, 11, 13]


def test_a_mistyped_event_to_enter_by_brings_no_mistakes_where_it_is_spoken_of():
    [(line, _, message)] = problems(GOOD.replace("order.paid", "order.payed"))
    assert line == 2
    assert "no event type 'order.payed'" in message


@pytest.mark.parametrize("file", ["tags.yaml", "campaigns/sunday.yaml"])
@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: [}\n", 2, "not readable as YAML"),
        ("- a\n", 1, "expected a mapping"),
        ("a: 1\na: 2\n", 2, "duplicate key"),
    ],
)
def test_tags_and_campaigns_must_be_readable(file, text, line, message):
    [problem] = check({file: text}, SETTINGS)
    assert (problem.file, problem.line) == (file, line)
    assert message in problem.message
    assert check({file: ""}, SETTINGS) == check({file: "a: 1\n"}, SETTINGS) == []


def test_a_problem_points_into_the_file():
    [(line, path, _)] = problems(GOOD.replace("wait: 1d", "choose: [{else: [{wait: x}]}]"))
    assert (line, path) == (4, "steps[0].choose[0].else[0].wait")


def test_what_is_no_yaml_is_one_problem_with_its_line():
    [(line, _, message)] = problems("journey: a\nentry: {event: [}\n")
    assert line == 2
    assert "not readable as YAML" in message


def test_the_same_word_twice_is_a_mistake():
    [(line, _, message)] = problems(GOOD + "journey: again\n")
    assert line == 6
    assert "duplicate key" in message


def test_an_empty_file_misses_everything():
    [(_, _, message)] = problems("")
    assert "expected a mapping with entry, journey, steps" in message


def test_two_files_with_one_id_are_told_at_the_second():
    assert problems(GOOD, GOOD) == [(1, "journey", "'good' is the journey of journeys/a.yaml already")]


WRITES = """
journey: {id}
entry: {{event: friend.added, where: context.channel = '{channel}'}}
steps: [{{send: {{via: wecom.welcome, text: hi}}}}]
"""


def test_two_journeys_that_write_at_one_moment_are_told():
    [(line, path, message)] = problems(WRITES.format(id="one", channel="a"), WRITES.format(id="two", channel="a"))
    assert (line, path) == (2, "entry")
    assert message == "one friend.added can start this journey and 'one', and both write to the person at once"


def test_two_journeys_whose_entries_exclude_each_other_may_both_write():
    assert problems(WRITES.format(id="one", channel="a"), WRITES.format(id="two", channel="b")) == []


def test_two_journeys_that_write_at_different_times_may_share_a_trigger():
    later = WRITES.replace("[{{send", "[{{wait: 1d}}, {{send").replace("wecom.welcome", "wecom.message")
    assert problems(WRITES.format(id="one", channel="a"), later.format(id="two", channel="a")) == []


TAGS = """
journey: {id}
entry: {{tag: {entry}, again: always}}
steps: [{{tag: {{add: [{adds}]}}}}]
"""


def test_a_journey_that_starts_itself_is_told():
    [(line, _, message)] = problems(TAGS.format(id="one", entry="x", adds="x"))
    assert (line, message) == (2, "this journey starts itself: one → one")


def test_a_circle_of_journeys_is_told_once():
    [(_, _, message)] = problems(
        TAGS.format(id="one", entry="x", adds="y"),
        TAGS.format(id="two", entry="y", adds="z"),
        TAGS.format(id="three", entry="z", adds="x"),
    )
    assert message == "this journey starts itself: one → two → three → one"


def test_tags_that_start_nothing_are_no_circle():
    assert problems(TAGS.format(id="one", entry="x", adds="y")) == []


def test_a_welcome_behind_a_wait_can_never_arrive_in_time():
    text = WRITES.format(id="one", channel="a").replace("[{send", "[{wait: 1m}, {send")
    [(_, _, message)] = problems(text)
    assert "must go out within 20 s of the trigger, but a wait stands before it" in message


def test_gates_of_the_settings_are_checked_too():
    found = check({}, {"timezone": "Asia/Atlantis", "gates": {"cap": "0/day"}})
    assert [(p.file, p.path) for p in found] == [("cdp.toml", "gates"), ("cdp.toml", "workspace.timezone")]


@pytest.mark.parametrize(
    ("trait", "message"),
    [
        ("spent: {agg: total, event: order.paid}", "'total' is none of"),
        ("spent: {agg: sum, event: order.paid}", "sum needs a 'field'"),
        ("spent: {agg: sum, event: order.paid, field: amount_fen}", "a field is data.x or context.x"),
        ("spent: {agg: sum, event: order.paid, field: data.amount}", "did you mean 'amount_fen'?"),
        ("spent: {agg: count, event: order.pay}", "there is no event type 'order.pay'"),
        ("spent: {agg: count, event: order.paid, where: person.is_staff}", "person.is_staff means nothing here"),
        ("spent: {agg: count, event: order.paid, where: has_tag('a')}", "has_tag() means nothing here"),
        ("spent: {agg: count, event: order.paid, where: other > 1}", "'other' means nothing here"),
        ("spent: {agg: last, event: order.paid, field: data.amount_fen, net_of: order.refunded}", "goes with count and sum"),
        ("spent: {agg: count, event: order.paid, windw: 3d}", "did you mean 'window'?"),
        ("Spent: {agg: count, event: order.paid}", "cannot be the name of a trait"),
        ("data: {agg: count, event: order.paid}", "cannot be the name of a trait"),
        ("spent: 5", "expected a mapping with agg, event"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_trait_is_named_with_its_line(trait, message):
    found = check({"traits.yaml": f"# traits\n{trait}\n"}, SETTINGS)
    assert any(p.line == 2 and message in p.message for p in found), found
