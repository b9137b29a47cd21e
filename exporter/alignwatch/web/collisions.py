"""``GET /api/v1/collisions``: the pairs of active branches that would conflict if both landed.

| parameter             | meaning                                                            |
|-----------------------|--------------------------------------------------------------------|
| ``repository``        | only this one; may be given more than once                         |
| ``branch``            | only pairs in which either matches, as the shell matches; likewise |
| ``limit``, ``offset`` | a page of them                                                     |
"""

from alignwatch.collisions import CollisionList, select_collisions
from alignwatch.web.answer import Answer, Question
from alignwatch.web.listing import Parameters, answer_list

_PARAMETERS = Parameters(repeated=("repository", "branch"))


def answer_collisions(collisions: CollisionList, question: Question) -> Answer:
    """The rows that are asked for, as :mod:`alignwatch.web.listing` answers."""
    return answer_list(
        collisions,
        question,
        _PARAMETERS,
        lambda given: select_collisions(
            collisions.rows, given.get("repository", ()), given.get("branch", ())
        ),
    )
