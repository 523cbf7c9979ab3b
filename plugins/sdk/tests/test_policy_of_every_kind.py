"""What an organisation says as data about its waitlist, check-in, messages, cases, letters and what comes in."""

from datetime import UTC, datetime, time, timedelta

import pytest

from helsami_sdk import (
    CaseQuestion,
    CaseRoute,
    CheckIn,
    CheckInQuestion,
    CodedFact,
    DelegationQuestion,
    DeliveryPlan,
    DeliveryQuestion,
    DeliveryStep,
    FormQuestion,
    FormWindow,
    InboundQuestion,
    Meaning,
    MessageQuestion,
    QuietHours,
    RankingQuestion,
    Reachable,
    Recipient,
    Recipients,
    RecipientsQuestion,
    Route,
    Stop,
    Translation,
    Waiting,
    WaitlistQuestion,
    WaitlistTerms,
)
from helsami_sdk.policy import TABLES, read_policy
from helsami_sdk.questions import CHANNELS, SCOPES
from helsami_sdk.tables import Misconfigured
from helsami_sdk.testing import rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INBOXES = frozenset({"physiotherapy", "home-care", "duty"})


@pytest.fixture
def rules(tmp_path):
    """Rules from the text of a policy, for an organisation with two units."""

    def build(text):
        (tmp_path / "policy.toml").write_text(text, encoding="utf-8")
        return rules_of(read_policy(tmp_path, ["home-care", "physiotherapy"]))

    return build


def test_every_hook_can_be_answered_by_a_table_of_its_own():
    from helsami_sdk.hooks import HOOKS  # noqa: PLC0415

    assert sorted(hook for table in TABLES.values() for hook in table.hooks) == sorted(HOOKS)


def test_waitlist_terms_are_the_regions_where_a_row_does_not_say(rules):
    text = """
        [[waitlist]]
        visit_types = ["operation"]
        enabled = false

        [[waitlist]]
        units = ["physiotherapy"]
        offer_hours = 2
        least_lead_hours = 4
        batch = 1
        match = ["clinician"]
        quiet_from = 22:00:00
        quiet_until = 07:30:00

        [[waitlist]]
    """
    ask = rules(text).choose_waitlist_terms

    assert not ask(WaitlistQuestion("operation", NOW, NOW)).enabled
    assert ask(WaitlistQuestion("consultation", NOW, NOW)) == WaitlistTerms(enabled=True)
    assert ask(WaitlistQuestion("consultation", NOW, NOW, "physiotherapy")) == WaitlistTerms(
        enabled=True,
        offer_life=2 * HOUR,
        least_lead_time=4 * HOUR,
        batch=1,
        match=frozenset({"visit-type", "clinician"}),
        quiet=QuietHours(time(22), time(7, 30)),
    )


def test_the_waitlist_goes_by_priority_and_then_by_one_of_two_clocks(rules):
    waiting = (
        Waiting("early", NOW - 9 * DAY, NOW + 10 * DAY),
        Waiting("late", NOW - 1 * DAY, NOW + 90 * DAY),
        Waiting("urgent", NOW, NOW + 20 * DAY, "urgent"),
        Waiting("soon", NOW, NOW + 20 * DAY, "soon"),
    )
    question = RankingQuestion(waiting, "consultation", NOW + 5 * DAY, NOW)
    priorities = '[[waitlist_order]]\npriorities = ["urgent", "soon"]\n'

    assert rules(priorities).rank_waitlist(question) == ("urgent", "soon", "early", "late")
    clock = 'then_by = "latest-appointment"'
    assert rules(priorities + clock).rank_waitlist(question) == ("urgent", "soon", "late", "early")
    assert rules('[[waitlist_order]]\nvisit_types = ["x"]').rank_waitlist(question)[0] == "early"


def test_check_in_opens_with_the_forms_that_there_are(rules):
    text = """
        [[check_in]]
        visit_types = ["operation"]
        opens_hours_ahead = 168
        forms = ["health", "no such form"]
        arrival_button = true

        [[check_in]]
        settings = ["outpatient"]
        arrival_button = true
    """
    ask = rules(text).choose_check_in

    def question(visit_type, setting=""):
        return CheckInQuestion(visit_type, NOW + DAY, NOW, frozenset({"health"}), setting=setting)

    assert ask(question("operation")) == CheckIn.on(7 * DAY, "health", arrival_button=True)
    assert ask(question("consultation", "outpatient")) == CheckIn.arrival()
    assert ask(question("consultation")) == CheckIn.off("no-check-in")


def test_recipients_are_those_that_a_row_lets_be_written_to(rules):
    text = """
        [[recipients]]
        kinds = ["employee"]
        roles = ["physiotherapist"]
        answer_days = 3

        [[recipients]]
        units = ["home-care"]
        actors = ["parental"]
        writable = false

        [[recipients]]
        kinds = ["unit"]
        may_reply = false
    """
    everybody = (
        Recipient("support", "user-support"),
        Recipient("kari", "employee", "physiotherapy", "physiotherapist"),
        Recipient("ola", "employee", "physiotherapy", "secretary"),
        Recipient("care", "unit", "home-care"),
    )
    ask = rules(text).list_recipients

    assert ask(RecipientsQuestion(everybody, NOW)) == Recipients.of(
        Reachable("support"),
        Reachable("kari", answer_days=3),
        Reachable("care", may_reply=False),
    )
    assert ask(RecipientsQuestion(everybody, NOW, actor="parental")).ids == {"support", "kari"}


def test_a_parents_rows_that_fit_nobody_take_nobody_away(tmp_path):
    (tmp_path / "policy.toml").write_text('[[recipients]]\nunits = ["home-care"]', encoding="utf-8")
    parent = read_policy(tmp_path, ["home-care"])
    question = RecipientsQuestion((Recipient("doctors", "unit", "doctors"),), NOW)

    rules = rules_of(parent, list_recipients=Recipients.of(Reachable("doctors")))

    assert rules.list_recipients(question).ids == {"doctors"}


def test_messages_go_to_the_employee_or_to_an_inbox_and_then_to_their_backups(rules):
    text = """
        [[routing]]
        units = ["physiotherapy"]
        direct_to_employee = true
        backups = ["home-care"]
        unopened_hours = 4

        [[routing]]
        topics = ["invoice"]
        inbox = "duty"
    """
    ask = rules(text).route_message

    assert ask(MessageQuestion("physiotherapy", INBOXES, NOW, employee="kari")) == Route.by(
        Stop(employee="kari", unopened_hours=4),
        Stop(inbox="physiotherapy", unopened_hours=4),
        Stop(inbox="home-care", unopened_hours=4),
        Stop(inbox="duty"),
    )
    assert ask(MessageQuestion("physiotherapy", INBOXES, NOW)).employees == ()
    invoice = MessageQuestion("home-care", INBOXES, NOW, topic="invoice", employee="kari")
    assert ask(invoice) == Route.by(Stop(inbox="duty"))
    assert ask(MessageQuestion("home-care", INBOXES, NOW)).inboxes == ("home-care", "duty")


def test_cases_go_to_a_queue_within_so_many_days(rules):
    text = """
        [[cases]]
        kinds = ["complaint"]
        services = ["home-care"]
        queue = "home-care"
        answer_days = 21
    """
    ask = rules(text).route_case
    queues = frozenset({"home-care", "mail-reception"})

    assert ask(CaseQuestion("complaint", queues, NOW, "home-care")) == CaseRoute("home-care", 21)
    assert ask(CaseQuestion("inquiry", queues, NOW, "home-care")) == CaseRoute("mail-reception", 30)


def test_delegation_is_limited_and_an_empty_list_is_nothing(rules):
    text = """
        [[delegation]]
        bases = ["grant"]
        scopes = ["appointments:read"]

        [[delegation]]
        bases = ["parental"]
        age_bands = ["0-11"]
        scopes = []
    """
    ask = rules(text).limit_delegation

    assert ask(DelegationQuestion("grant", SCOPES)) == {"appointments:read"}
    assert ask(DelegationQuestion("grant", SCOPES - {"appointments:read"})) == frozenset()
    assert ask(DelegationQuestion("parental", SCOPES, "0-11")) == frozenset()
    assert ask(DelegationQuestion("capacity", SCOPES)) == SCOPES


def test_form_windows_are_by_kind(rules):
    text = '[[forms]]\nkinds = ["pain-diary"]\nshown_days = 30\n[[forms]]\nunits = ["home-care"]'

    assert rules(text).choose_form_window(FormQuestion("pain-diary")) == FormWindow(30)
    assert rules(text).choose_form_window(FormQuestion("health", "home-care")) == FormWindow(180)


def test_delivery_goes_step_by_step_with_the_channels_that_reach_the_recipient(rules):
    text = """
        [[delivery]]
        kinds = ["summons"]
        recipients = ["main"]

        [[delivery.steps]]
        channels = ["portal"]
        opened_within_days = 1

        [[delivery.steps]]
        channels = ["digipost", "helsenorge"]
        opened_within_days = 3

        [[delivery.steps]]
        channels = ["post"]
    """
    ask = rules(text).plan_delivery
    portal, post = DeliveryStep(frozenset({"portal"}), 1), DeliveryStep(frozenset({"post"}))
    rest = DeliveryStep(frozenset({"digipost", "helsenorge"}), 3)

    def question(channels, kind="summons", recipient="main"):
        return DeliveryQuestion(kind, decision=False, channels=channels, recipient=recipient)

    assert ask(question(CHANNELS)) == DeliveryPlan.of(portal, rest, post)
    assert ask(question(frozenset({"portal"}))) == DeliveryPlan.of(portal, post)
    assert ask(question(frozenset())) == DeliveryPlan.of(post)
    assert len(ask(question(CHANNELS, recipient="copy")).steps) == 2


def test_a_plan_of_which_nothing_reaches_the_recipient_leaves_it_to_the_region(rules):
    text = '[[delivery]]\nsteps = [{ channels = ["digipost"] }]'
    question = DeliveryQuestion("summons", decision=False, channels=frozenset({"portal"}))

    assert rules(text).plan_delivery(question).channels == {"portal", "post"}


def test_own_codes_become_the_regions_and_unknown_ones_wait_for_a_person(rules):
    text = """
        [[inbound]]
        elements = ["Encounter.type"]
        systems = ["urn:local"]
        codes = ["HB", "HBK"]
        to_code = "home-care-visit"

        [[inbound]]
        resources = ["Encounter"]
        codes = ["SECRET"]
        quarantine = "never-from-here"
    """
    ask = rules(text).translate_inbound

    def question(*codes):
        facts = (CodedFact(str(n), "Encounter.type", "urn:local", code) for n, code in enumerate(codes))
        return InboundQuestion("Encounter", tuple(facts), NOW)

    assert ask(question("X", "HB")) == Translation.take(Meaning("1", "", "home-care-visit"))
    assert ask(question("HB", "SECRET")) == Translation.hold("never-from-here")
    assert ask(question("X")) == Translation.take()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[waitlist]]\nenabled = 1", "line 2: waitlist[1].enabled: expected true or false"),
        ("[[waitlist]]\noffer_hours = 25", "line 2: waitlist[1].offer_hours: expected a whole number from 1 to 24"),
        ("[[waitlist]]\nleast_lead_hours = 5", "line 2: waitlist[1].least_lead_hours: expected no fewer than"),
        ("[[waitlist]]\nquiet_from = 08:00:00", "line 1: waitlist[1].quiet_until: expected another time than"),
        ("[[waitlist]]\nquiet_from = 21", "line 2: waitlist[1].quiet_from: expected a time such as 08:00:00"),
        ('[[waitlist]]\nmatch = ["mood"]', "line 2: waitlist[1].match: expected a list of clinician, place, unit,"),
        ('[[waitlist_order]]\npriorities = ["a", "a"]', "line 2: waitlist_order[1].priorities: expected a list"),
        ('[[waitlist_order]]\nthen_by = "chance"', "line 2: waitlist_order[1].then_by: expected one of joined, latest"),
        ('[[check_in]]\nforms = ["x"]', "line 2: check_in[1].forms: expected no such key unless opens_hours_ahead"),
        ("[[check_in]]\nopens_hours_ahead = 0", "line 2: check_in[1].opens_hours_ahead: expected a whole number"),
        ('[[recipients]]\nkinds = ["friend"]', "line 2: recipients[1].kinds: expected a list of employee, unit, user"),
        ("[[recipients]]\nanswer_days = 61", "line 2: recipients[1].answer_days: expected a whole number from 1 to 60"),
        (
            '[[routing]]\n# back-ups\nbackups = ["duty",\n"spa"]',
            "line 3: routing[1].backups: expected a list of duty, home-care, physiotherapy, not spa",
        ),
        ('[[routing]]\ninbox = "spa"', "line 2: routing[1].inbox: expected one of duty, home-care, physiotherapy"),
        ("[[routing]]\nunopened_hours = 41", "line 2: routing[1].unopened_hours: expected a whole number from 1 to 40"),
        ("[[cases]]", "line 1: cases[1].queue: missing; expected one of home-care, mail-reception, physiotherapy"),
        ('[[cases]]\nqueue = "spa"', "line 2: cases[1].queue: expected one of home-care, mail-rec"),
        ('[[cases]]\nqueue = "home-care"\nkinds = ["x"]', "line 3: cases[1].kinds: expected a list of capacity,"),
        ("[[delegation]]", "line 1: delegation[1].scopes: missing; expected a list of appointments:act"),
        ('[[delegation]]\nscopes = ["all"]', "line 2: delegation[1].scopes: expected a list of appointments:act"),
        ("[[forms]]\nshown_days = 0", "line 2: forms[1].shown_days: expected a whole number from 1 to 3650"),
        ("[[delivery]]", "line 1: delivery[1].steps: expected one step or more, each channel once"),
        (
            '[[delivery]]\nsteps = [{ channels = ["portal"] },\n { channels = ["portal"] }]',
            "line 2: delivery[1].steps: expected one step or more, each channel once",
        ),
        (
            '[[delivery]]\n[[delivery.steps]]\nchannels = ["portal"]\n[[delivery.steps]]\nchannels = ["pigeon"]',
            "line 5: delivery[1].steps[2].channels: expected a list of digipost, helsenorge, portal, post, not pigeon",
        ),
        ("[[delivery]]\n[[delivery.steps]]", "line 2: delivery[1].steps[1].channels: missing; expected a list of"),
        ("[[inbound]]", "line 1: inbound[1].to_code: expected a code, or a reason in quarantine, and not both"),
        ('[[inbound]]\nto_code = "x"\nquarantine = "y"', "line 2: inbound[1].to_code: expected a code, or"),
        ('[[inbound]]\nquarantine = "y"\nto_system = "z"', "line 3: inbound[1].to_system: expected no such key"),
    ],
)
def test_a_wrong_key_is_named_with_its_line_and_what_is_expected(rules, text, problem):
    with pytest.raises(Misconfigured) as caught:
        rules(text)

    assert str(caught.value).startswith(f"policy.toml: {problem}")
    assert len(caught.value.problems) == len(caught.value.lines) == 1
