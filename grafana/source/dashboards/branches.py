"""Where do the branches stand, what would conflict, what to align next, and is work in danger?"""

from math import log

from dashboards import colors
from dashboards.frame import Dashboard, Row, Uid, to
from dashboards.panels import HALF, NEUTRAL, QUARTER, THIRD, WHOLE, series, stat
from dashboards.queries import (
    FAMILY,
    REPOSITORY,
    TARGET,
    Query,
    grown,
    highest,
    leading,
    limit,
    lowest,
    total,
    worst,
)
from dashboards.tables import Column, moment, table

_BRANCH = f"{TARGET},branch=${{branch:doublequote}}"
"""Quoted by Grafana, since a branch's name may hold quotes."""
_KEPT = ("instance", "repository", "target", "family")

_RATIO = f"repository_target:alignment_branches_conflicting_per_branch_behind:ratio{{{TARGET}}}"
_UNCOMPARABLE = f"repository_target:alignment_branches_uncomparable:sum{{{TARGET}}}"
_UNSAVED = f"alignment_unsaved_branches{{{REPOSITORY}}}"
_AGE = f"(time() - alignment_branch_tip_timestamp_seconds{{{TARGET}}})"
_KEY = "repository, branch, target"


def _delta(direction: str) -> str:
    return f'max by ({_KEY}) (alignment_branch_revisions_delta{{{TARGET},direction="{direction}"}})'


def _of(metric: str) -> str:
    return f"max by ({_KEY}) ({metric}{{{TARGET}}})"


_BEHIND = _delta("behind")
_PARTNERS, _FILES = _of("alignment_branch_collision_partners"), _of("alignment_branch_conflict_files")
_POINTS = " + ".join(
    (
        f"35 * 2 ^ (0 - max by ({_KEY}) {_AGE} / 1209600)",
        f"15 * clamp_max(ln(1 + {_delta('ahead')}) / {log(51):.3f}, 1)",
        f"10 * clamp_max(ln(1 + {_BEHIND}) / {log(1001):.3f}, 1)",
        f"(10 * clamp_max(ln(1 + {_PARTNERS}) / {log(6):.3f}, 1) or 0 * {_BEHIND})",
        f"(15 * 2 ^ (0 - {_FILES} / 12) or 7.5 + 0 * {_BEHIND})",
    )
)
"""As ``alignwatch.ranking`` has it, but for what has no series: unsaved commits and growth."""

_ORDER = f"({_POINTS}) and {_BEHIND} > 0"

_GROUP = "repository, target, family"
_MEDIAN = highest(_GROUP, "alignment_branches_revisions_behind", f'{FAMILY},statistic="median"')


_STANDING = Row(
    "Where does it stand?",
    (
        stat(
            1,
            "How many branches are there?",
            "All branches of the chosen targets and families.",
            f"sum(alignment_branches{{{FAMILY}}})",
            colored=NEUTRAL,
            empty="no branches",
            width=QUARTER,
        ),
        stat(
            2,
            "How many are behind?",
            "Branches that their target has left behind: clean, conflicting, or not known yet.",
            f'sum(alignment_branches{{{FAMILY},state=~"behind|clean|conflicting"}})',
            colored=NEUTRAL,
            empty="no branches",
            width=QUARTER,
        ),
        stat(
            3,
            "What share would conflict?",
            "Of the branches behind whose merge was tried out, those that would conflict.",
            f'sum(alignment_branches{{{FAMILY},state="conflicting"}})'
            f' / (sum(alignment_branches{{{FAMILY},state=~"clean|conflicting"}}) > 0)',
            unit="percentunit",
            colored=NEUTRAL,
            empty="not known",
            width=QUARTER,
        ),
        stat(
            4,
            "How many can go?",
            "Branches that are merged: their targets hold all of them.",
            f'sum(alignment_branches{{{FAMILY},state="merged"}})',
            colored=((None, colors.GOOD),),
            empty="no branches",
            width=QUARTER,
        ),
        stat(
            5,
            "How many cannot be compared?",
            "Branches without a common history with their target, and those that could not be compared.",
            f'sum(alignment_branches{{{FAMILY},state=~"orphan|unknown"}})',
            colored=((None, colors.GOOD), (1, colors.WARNING)),
            empty="no branches",
            width=QUARTER,
        ),
        stat(
            6,
            "How many collide?",
            "Pairs of active branches that would conflict with each other if both landed, of the chosen "
            "repositories.",
            f"sum(alignment_branch_collisions{{{REPOSITORY}}})",
            colored=NEUTRAL,
            empty="not known",
            width=QUARTER,
        ),
        stat(
            7,
            "How many hold unsaved work?",
            "Branches with commits that are in no primary, on no remote and in no backup, of the chosen "
            "repositories.",
            f"sum(alignment_unsaved_branches{{{REPOSITORY}}})",
            colored=((None, colors.GOOD), (1, colors.WARNING)),
            empty="not known",
            width=QUARTER,
        ),
        stat(
            8,
            "Was work lost?",
            "Branches that vanished in the time shown with commits that are nowhere else.",
            f"round(sum(increase(alignment_work_lost_total{{{REPOSITORY}}}[$__range])))",
            empty="not known",
            width=QUARTER,
            trend=False,
        ),
    ),
)

_NEXT = Row(
    "What to align next",
    (
        table(
            101,
            "Which are the most worthwhile?",
            "Active branches that are behind, the most worthwhile first. Points: 35 for a young last "
            "commit, 15 for work in it, 10 for how far it is behind, 10 for others that it collides with, "
            "15 for an easy merge; what has no series counts in `alignwatch branches --next` only. Each "
            "name leads to that branch's history.",
            {"repository": "repository", "branch": "branch", "target": "target"},
            Column("points", _ORDER, gauge=True, width=160, decimals=0),
            Column("ahead", _delta("ahead"), width=80),
            Column("behind", _BEHIND, width=80),
            Column("conflict files", _FILES, width=110),
            Column("collides with", _PARTNERS, width=110),
            moment("last commit", _of("alignment_branch_tip_timestamp_seconds")),
            shown=_ORDER,
            sort="points",
            empty="No active branch is known to be behind.",
            least={"branch": 160},
            links={
                "branch": to(
                    Uid.BRANCHES,
                    ("instance", "family"),
                    repository="repository",
                    target="target",
                    branch="branch",
                )
                + "&viewPanel=601",
                "repository": to(Uid.BRANCHES, _KEPT, repository="repository"),
                "target": to(Uid.BRANCHES, _KEPT, target="target"),
            },
            height=10,
        ),
    ),
)

_DRIFT = Row(
    "Drift",
    (
        table(
            201,
            "Where is the drift?",
            "By repository, target and family: branches, commits behind of the median branch and of the "
            "furthest, branches that would conflict, and in how many files the median one would.",
            {"repository": "repository", "target": "target", "family": "family"},
            Column("branches", total(_GROUP, "alignment_branches", FAMILY), width=90),
            Column(
                "behind, median",
                _MEDIAN,
                gauge=True,
                width=150,
            ),
            Column(
                "furthest",
                highest(
                    _GROUP,
                    "alignment_branches_revisions_behind",
                    f'{FAMILY},statistic="max"',
                ),
                width=90,
            ),
            Column(
                "conflicting",
                total(_GROUP, "alignment_branches", f'{FAMILY},state="conflicting"'),
                width=100,
            ),
            Column(
                "files, median",
                highest(
                    _GROUP,
                    "alignment_branches_conflict_files",
                    f'{FAMILY},statistic="median"',
                ),
                width=110,
            ),
            shown=_MEDIAN,
            most=40,
            sort="behind, median",
            empty="No branches are known.",
            links={
                "repository": to(Uid.BRANCHES, _KEPT, repository="repository"),
                "target": to(Uid.BRANCHES, _KEPT, target="target"),
                "family": to(Uid.BRANCHES, _KEPT, family="family"),
            },
            height=9,
            width=HALF + 2,
        ),
        series(
            202,
            "Do families fall behind?",
            "Commits that the median branch lacks of its target, a day's average, of the ten furthest.",
            Query(
                leading(
                    _GROUP,
                    "repository_target_family:alignment_branches_revisions_behind_median:avg1d",
                    FAMILY,
                ),
                "{{repository}} {{family}} to {{target}}",
            ),
            empty="No branches are known.",
            width=HALF - 2,
            height=9,
        ),
        series(
            203,
            "How do the branches stand?",
            "The chosen branches by how they stand to their targets.",
            Query(f"sum by (state) (alignment_branches{{{FAMILY}}}) > 0", "{{state}}"),
            colored=colors.BRANCH_STATES,
            stacked=True,
            empty="No branches are known.",
            width=HALF - 2,
        ),
        series(
            204,
            "How far apart are primaries kept apart?",
            "Commits of pairs of primaries that must never be merged, in each direction. What shrinks was "
            "merged.",
            Query(
                leading(
                    "repository, branch, target, direction",
                    "alignment_never_merge_revisions_delta",
                    REPOSITORY,
                ),
                "{{repository}}: {{branch}} {{direction}} of {{target}}",
            ),
            empty="No such pair is known.",
            width=THIRD,
        ),
        series(
            205,
            "Who made them?",
            "Branches by who made their last commit, as far as that is known.",
            Query(total("author", "alignment_branches_by_author", TARGET), "{{author}}"),
            colored={"bot": "purple", "person": colors.CALM},
            stacked=True,
            empty="No authors are known.",
            width=QUARTER,
        ),
    ),
)

_CONFLICTS = Row(
    "Conflicts ahead",
    (
        series(
            301,
            "Do more branches conflict?",
            "Share of the branches behind that would conflict with their target, of the ten highest. Absent "
            "while many are tried anew. An alert compares with the lowest of the last day.",
            Query(
                leading(
                    "repository, target",
                    "repository_target:alignment_branches_conflicting_per_branch_behind:ratio",
                    TARGET,
                ),
                "{{repository}} to {{target}}",
            ),
            unit="percentunit",
            maximum=1,
            empty="No merge was tried out yet.",
        ),
        series(
            302,
            "How much more than at the day's best?",
            "Percentage points by which the share that would conflict is above the lowest of the last day, "
            "and the threshold that the alert compares with.",
            Query(
                worst(
                    f"max by (repository, target) ({_RATIO} - min_over_time({_RATIO}[1d]))",
                    "repository, target",
                ),
                "{{repository}} to {{target}}",
            ),
            limit("conflict_growth_ratio"),
            unit="percentunit",
            empty="No merge was tried out yet.",
        ),
        series(
            303,
            "Which branches' conflicts grew?",
            "Branches with more files in conflict than a week ago, of the ten targets with most.",
            Query(
                leading("repository, target", "alignment_branches_conflict_growth", TARGET),
                "{{repository}} to {{target}}",
            ),
            empty="There is nothing to compare with yet.",
            width=THIRD,
        ),
        series(
            304,
            "Do branches collide with each other?",
            "Pairs of active branches that would conflict with each other if both landed, of the ten "
            "repositories with most.",
            Query(
                leading("repository", "alignment_branch_collisions", REPOSITORY),
                "{{repository}}",
            ),
            empty="No pair was tried out yet.",
            width=THIRD,
        ),
        series(
            305,
            "Is the forecast done?",
            "Merges into targets and of branches with each other: still to be tried out, and those that "
            "could not be.",
            Query(
                total("state", "alignment_forecast_pairs", f'{REPOSITORY},state!="done"'),
                "{{state}}, with targets",
            ),
            Query(
                total("state", "alignment_collision_pairs", f'{REPOSITORY},state!="done"'),
                "{{state}}, with each other",
            ),
            empty="Nothing is known of it.",
            width=THIRD,
        ),
        series(
            306,
            "Can fewer be compared?",
            "Branches without a common history with their target, or that could not be compared, above the "
            "lowest of the last day, and the threshold.",
            Query(
                worst(
                    f"max by (repository, target) ({_UNCOMPARABLE} - min_over_time({_UNCOMPARABLE}[1d]))",
                    "repository, target",
                ),
                "{{repository}} to {{target}}",
            ),
            limit("uncomparable_branches"),
            empty="No branches are known.",
            width=WHOLE,
            height=6,
        ),
    ),
)

_DANGER = Row(
    "Work in danger, events on primaries",
    (
        series(
            401,
            "Does unsaved work pile up?",
            "Branches with commits that are in no primary, on no remote and in no backup, above this week's "
            "usual lowest, of the ten repositories with most, and the threshold.",
            Query(
                worst(
                    f"max by (repository) ({_UNSAVED} - quantile_over_time(0.1, {_UNSAVED}[1w]))",
                    "repository",
                ),
                "{{repository}}",
            ),
            limit("unsaved_branches"),
            empty="It is not known what is saved.",
            width=THIRD,
        ),
        table(
            402,
            "Whose work is in danger?",
            "Branches and commits that are nowhere else, the age of the oldest, branches of which it is not "
            "known, and when work was last lost. `alignwatch branches --unsaved` names them, `alignwatch "
            "events` what brings back the lost.",
            {"repository": "repository"},
            Column("branches", highest("repository", "alignment_unsaved_branches", REPOSITORY), width=90),
            Column("commits", highest("repository", "alignment_unsaved_commits", REPOSITORY), width=90),
            moment(
                "oldest",
                lowest("repository", "alignment_unsaved_oldest_commit_timestamp_seconds", REPOSITORY),
                width=120,
            ),
            Column(
                "not known",
                highest("repository", "alignment_unsaved_unknown_branches", REPOSITORY),
                width=90,
            ),
            moment(
                "lost",
                highest("repository", "alignment_work_last_lost_timestamp_seconds", REPOSITORY),
                width=120,
            ),
            sort="branches",
            empty="It is not known what is saved.",
            links={"repository": to(Uid.BRANCHES, _KEPT, repository="repository")},
            width=HALF + 4,
        ),
        table(
            403,
            "What happened to primaries?",
            "The last time that a primary was rewound, merged with one that it must never be merged with, "
            "emptied, damaged or could not be judged. `alignwatch events` names commits and files.",
            {"repository": "repository", "target": "primary", "event": "event"},
            moment(
                "last seen",
                highest(
                    "repository, target, event", "alignment_primary_last_event_timestamp_seconds", TARGET
                ),
                width=130,
            ),
            Column(
                "times",
                f"round({grown('repository, target, event', 'alignment_primary_events_total', TARGET)}) > 0",
                width=100,
            ),
            sort="last seen",
            empty="Nothing is known to have happened.",
            least={"event": 130},
            links={"repository": to(Uid.BRANCHES, _KEPT, repository="repository")},
            width=HALF,
        ),
        series(
            404,
            "When did it happen?",
            "Events on primaries and branches that vanished with work, counted by interval.",
            Query(
                f"{grown('event', 'alignment_primary_events_total', TARGET, '$__rate_interval')} > 0",
                "{{event}}",
            ),
            Query(
                f"sum(increase(alignment_work_lost_total{{{REPOSITORY}}}[$__rate_interval])) > 0", "work lost"
            ),
            stacked=True,
            bars=True,
            empty="Nothing is known to have happened.",
        ),
    ),
)

_ACTIVE = Row(
    "Active branches",
    (
        table(
            501,
            "Has every active branch its own series?",
            "Branches whose tip is young enough for series of their own, those that are left out for want "
            "of room, and those that the configuration ignores.",
            {"repository": "repository"},
            Column("active", highest("repository", "alignment_branches_active", REPOSITORY)),
            Column("left out", highest("repository", "alignment_branch_series_cut", REPOSITORY)),
            Column("ignored", highest("repository", "alignment_branches_ignored", REPOSITORY)),
            Column("work trees", highest("repository", "alignment_repository_worktrees", REPOSITORY)),
            sort="left out",
            empty="No branches are known.",
            links={"repository": to(Uid.BRANCHES, _KEPT, repository="repository")},
            width=HALF,
        ),
        series(
            502,
            "Which branches are furthest behind?",
            "Commits that each active branch lacks of its target, of the ten furthest.",
            Query(
                worst(_delta("behind"), _KEY),
                "{{branch}} of {{repository}}",
            ),
            empty="No active branch is known.",
        ),
    ),
    folded=True,
)

_ONE = Row(
    "One branch: $branch",
    (
        series(
            601,
            "How did $branch drift?",
            "Commits that the branch has and its target lacks (ahead), and the other way round (behind).",
            Query(
                highest("repository, direction", "alignment_branch_revisions_delta", _BRANCH),
                "{{direction}}, {{repository}}",
            ),
            empty="This branch has no series of its own.",
            width=THIRD,
        ),
        series(
            602,
            "How hard would it be to merge?",
            "Files that a merge into the target would leave in conflict, and other active branches that it "
            "collides with.",
            Query(
                highest("repository", "alignment_branch_conflict_files", _BRANCH),
                "files in conflict, {{repository}}",
            ),
            Query(
                highest("repository", "alignment_branch_collision_partners", _BRANCH),
                "collides with, {{repository}}",
            ),
            empty="This branch has no series of its own.",
            width=THIRD,
        ),
        series(
            603,
            "When was it worked on?",
            "Age of the branch's last commit: it falls to nothing with each new one.",
            Query(
                f"min by (repository) (time() - alignment_branch_tip_timestamp_seconds{{{_BRANCH}}})",
                "{{repository}}",
            ),
            unit="s",
            empty="This branch has no series of its own.",
            width=THIRD,
        ),
    ),
)

BRANCHES = Dashboard(
    Uid.BRANCHES,
    "Alignwatch / Branches",
    "How far branches have drifted, what would conflict, what to align next, and whether work is in danger.",
    ("instance", "repository", "target", "family", "branch"),
    (_STANDING, _NEXT, _DRIFT, _CONFLICTS, _DANGER, _ONE, _ACTIVE),
)
