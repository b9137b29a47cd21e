"""Which branches are there, how does each stand, and which is to be aligned next?"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from alignwatch.branches import Row
from alignwatch.snapshot import Author, BranchState
from alignwatch.text import printable
from alignwatch.web.branches import PARAMETERS, select_rows
from alignwatch.web.listing import Given, number, parse
from alignwatch.web.page.html import Child, Html, element, named
from alignwatch.web.page.parts import Column, Part, figure, moment_of, paragraph, table, verdict
from alignwatch.web.page.view import View

PAGE_ROWS = 50
_MOST_ROWS = 500
_SORT = "behind"
_SORTABLE = {
    "Branch": ("name", "ascending"),
    "State": ("state", "ascending"),
    "Ahead": ("ahead", "descending"),
    "Behind": ("behind", "descending"),
    "Conflicts": ("conflicts", "descending"),
    "Unsaved": ("unsaved", "descending"),
    "Last commit": ("age", "ascending"),
}
"""Column -> what the API calls sorting by it, and how the column is sorted then."""
_OTHER_WAY = {"ascending": "descending", "descending": "ascending"}
_WILDCARDS = frozenset("*?[")
_NEXT_COLUMNS = (
    Column("Branch"),
    Column("Repository", "name"),
    Column("Points", "number"),
    Column("State"),
    Column("Why", "wide"),
)
_COLUMNS = (
    Column("Branch"),
    Column("Repository", "name"),
    Column("Target", "name"),
    Column("State"),
    Column("Ahead", "number"),
    Column("Behind", "number"),
    Column("Conflicts", "number"),
    Column("Unsaved", "number"),
    Column("Last commit", "name"),
)


def asked_for(query: str) -> Given:
    """The parameters of the page: those of ``GET /api/v1/branches``, as a form sends them.

    Raises:
        UnfitError: one cannot be used.
    """
    return parse(query, PARAMETERS, blank_counts=False)


def next_up(view: View) -> Part | None:
    """What to align first; nothing where there is none."""
    rows = [
        {**_cells(one.row, view.taken), "Points": str(one.points), "Why": named(one.why)} for one in view.next
    ]
    if not rows:
        return None
    return Part("Align next", table("The first of those that are behind", view.columns(_NEXT_COLUMNS), rows))


def branches(view: View, given: Given) -> Part:
    """One page of the branches that are asked for."""
    rows = select_rows(view.branches.rows, {"sort": [_SORT], **given, "branch": _patterns(given)})
    start, limit = number(given, "offset", 0), _limit(given)
    shown = [_cells(row, view.taken) for row in rows[start : start + limit]]
    if shown:
        columns = view.columns([_sortable(one, given) for one in _COLUMNS])
        told = table(_caption(len(view.branches.rows), len(rows), start, len(shown)), columns, shown)
    else:
        told = paragraph("No branch is like that." if view.branches.rows else "None has been looked at yet.")
    return Part("Branches", [_form(view, given), told, _pages(given, len(rows), start, limit)])


def _patterns(given: Given) -> list[str]:
    """A name without wildcards is looked for anywhere in the branches' names."""
    return [one if _WILDCARDS & set(one) else f"*{one}*" for one in given.get("branch", ())]


def _limit(given: Given) -> int:
    return min(max(number(given, "limit", PAGE_ROWS), 1), _MOST_ROWS)


def _caption(known: int, matching: int, start: int, shown: int) -> str:
    which = f"All {matching}" if shown == matching else f"{start + 1} to {start + shown} of {matching}"
    return which if matching == known else f"{which} that match, out of {known}"


def _cells(row: Row, now: float) -> dict[str, Child]:
    return {
        "Branch": named(row.branch),
        "Repository": named(row.repository),
        "Target": named(row.target),
        "State": verdict(row.state),
        "Ahead": figure(row.ahead),
        "Behind": figure(row.behind),
        "Conflicts": figure(row.conflict_files),
        "Unsaved": figure(row.unsaved),
        "Last commit": moment_of(row.tip_time, now),
    }


def _sortable(column: Column, given: Given) -> Column:
    """The column with a link that sorts by it; by a second one it is sorted the other way round."""
    if column.label not in _SORTABLE:
        return column
    sort, direction = _SORTABLE[column.label]
    order, sorted_as = None, None
    if given.get("sort", [_SORT]) == [sort]:
        turned = given.get("order") == ["desc"]
        order, sorted_as = (None, _OTHER_WAY[direction]) if turned else ("desc", direction)
    link = _link(column.label, given, sort=sort, order=order, offset=None)
    return replace(column, header=link, sort=sorted_as)


def _pages(given: Given, matching: int, start: int, limit: int) -> Html | None:
    links = []
    if start:
        links.append(_link("Previous", given, offset=max(0, min(start, matching) - limit) or None))
    if start + limit < matching:
        links.append(_link("Next", given, offset=start + limit))
    return element("nav", links, aria_label="Pages of branches", class_="pages") if links else None


def _link(told: str, given: Given, **changes: str | int | None) -> Html:
    """A link to the branches with other parameters; None takes one away."""
    others = {name: values for name, values in given.items() if name not in changes}
    wanted = others | {name: [str(value)] for name, value in changes.items() if value is not None}
    return element("a", told, href=f"/?{urlencode(wanted, doseq=True)}#branches")


def _form(view: View, given: Given) -> Html:
    rows = view.branches.rows
    choices: Mapping[str, Iterable[str]] = {
        "repository": [one.label for one in view.settings.repositories],
        "target": sorted({row.target for row in rows}),
        "family": sorted({row.family for row in rows}),
        "state": BranchState,
        "author": Author,
    }
    name = element("input", name="branch", id="by-branch", value=given.get("branch", [""])[0])
    unsaved = element(
        "input", type="checkbox", name="unsaved", id="by-unsaved", value="true", checked="unsaved" in given
    )
    return element(
        "form",
        [
            element("input", type="hidden", name=kept, value=given[kept][0])
            for kept in ("sort", "order")
            if kept in given
        ],
        _field("branch", "Name", name),
        [_choice(one, list(options), given) for one, options in choices.items()],
        _field("unsaved", "Unsaved work", unsaved),
        element("button", "Show"),
        element("a", "Show all", href="/#branches") if given else None,
        action="/#branches",
        role="search",
        aria_label="Branches",
    )


def _choice(name: str, options: list[str], given: Given) -> Html | None:
    """A choice among several; nothing where there are none."""
    if len(options) == 1:
        return None
    chosen = given.get(name, [""])[0]
    made = [element("option", printable(one), value=one, selected=one == chosen) for one in options]
    every = element("option", "all", value="")
    return _field(name, name.capitalize(), element("select", every, made, name=name, id=f"by-{name}"))


def _field(name: str, label: str, control: Html) -> Html:
    return element("div", element("label", label, for_=f"by-{name}"), control, class_="field")
