from alignwatch.tracking.trace.mark import VARIABLE, is_marked, marked


def test_a_mark_is_found_below_whatever_is_around_it() -> None:
    environment = {"PATH": "/bin"}
    assert is_marked(marked(environment)[VARIABLE] + "/a/b")
    assert is_marked(marked(marked({VARIABLE: "a"}))[VARIABLE] + "/b")
    assert marked({VARIABLE: "a"})[VARIABLE].startswith("a/")
    assert marked(environment)["PATH"] == "/bin"
    assert environment == {"PATH": "/bin"}
    assert not is_marked("a/b")
