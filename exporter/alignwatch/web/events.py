"""``GET /api/v1/events``: what happened to branches, the newest first; of each repository the newest 200.

| parameter             | meaning                                                 |
|-----------------------|---------------------------------------------------------|
| ``repository``        | only this one; may be given more than once              |
| ``event``             | only what is called so; likewise                        |
| ``branch``            | only names that match, as the shell matches; likewise   |
| ``limit``, ``offset`` | a page of them                                          |
"""

from alignwatch.events import EventList, select_events
from alignwatch.web.answer import Answer, Question
from alignwatch.web.listing import Parameters, answer_list

_PARAMETERS = Parameters(repeated=("repository", "event", "branch"))


def answer_events(events: EventList, question: Question) -> Answer:
    """The rows that are asked for, as :mod:`alignwatch.web.listing` answers."""
    return answer_list(
        events,
        question,
        _PARAMETERS,
        lambda given: select_events(events.rows, *(given.get(name, ()) for name in _PARAMETERS.repeated)),
    )
