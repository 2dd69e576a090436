"""Facts: the checker's own tables say what the store's code does."""

from checkout.checker import facts
from checkout.messages import MESSAGE_TYPES, TOPICS
from checkout.registry import STORE
from checkout.services.notifications import SUBJECTS


def test_the_groups_of_the_checker_read_the_topics_of_the_services() -> None:
    assert {name: set(topics) for name, topics in facts.GROUPS.items()} == {
        service.name: set(service.topics()) for service in STORE.services
    }


def test_the_topics_and_their_senders_are_those_of_the_messages() -> None:
    assert {topic: facts.sender_of(topic) for topic in facts.TOPICS} == {
        topic: message.sender for topic, message in TOPICS.items()
    }


def test_the_causes_of_a_message_are_those_of_the_store() -> None:
    replies = {"ChargeCard": facts.PAYMENT_REQUESTED, "RefundCard": facts.REFUND_REQUESTED,
               "BookParcel": facts.ORDER_APPROVED}  # fmt: skip

    def source(cause: str | None) -> str:
        if cause is None:
            return facts.ORDER_RECEIVED  # a timer: what has been reserved
        return replies.get(cause) or MESSAGE_TYPES.by_name[cause].topic or cause

    for topic, message in TOPICS.items():
        assert {source(cause) for cause in message.steps} == set(facts.CAUSES[topic]), topic


def test_the_subjects_of_the_mails_are_those_of_notifications() -> None:
    assert {kind: subject for subject, kind in facts.MAIL_KINDS.items()} == SUBJECTS
    assert set(facts.MAIL_CAUSES) == set(SUBJECTS)
