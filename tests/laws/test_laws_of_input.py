from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from laws.project import document, project
from reconciler.contract.fields import policies
from reconciler.kinds import KINDS

_VALID = "---\n".join(
    (
        document("Agent", "desk", {"prompt": "Hello {{patient}}.", "voice": "olivia"}),
        document("PhoneNumber", "line", {"number": "+15551230001", "verify": True, "inbound_agent": "desk"}),
        document(
            "ScheduledCall",
            "jane",
            {
                "from": "line",
                "to_number": "+14155550142",
                "agent": "desk",
                "variables": {"patient": "J"},
                "schedule": {"cron": "0 9 * * 1-5", "timezone": "UTC"},
                "attempts": {"max": 2},
            },
        ),
        document("AutoReload", "billing", {"enabled": False}),
    )
)  # fmt: skip - the specs read best on few lines
_FRAGMENTS = st.sampled_from(
    (
        "",
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "&a ",
        "*a",
        "!!python/object ",
        "<<: ",
        "---\n",
        "\t",
        '"',
        "'",
        "|\n",
        "?",
        "~",
        "null",
        "0x1f",
        "1e999",
        ".nan",
        "2026-13-45",
        "2026-12-01",
        "\u2028",
        "\x85",
        "\ufeff",
        "😀",
        "-9" * 40,
        "name: ",
        "was: [",
        "kind: Agent\n",
        "%YAML 9.9\n",
        "{a: 1, a: 2}",
        "\\ud800",
        "+1415",
    )
)  # fmt: skip - a list of pieces


@st.composite
def _spoilt(draw: st.DrawFn) -> str:
    """A valid manifest with some of it replaced."""
    text = _VALID
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(_FRAGMENTS) + text[end:]
    return text


_ANYTHING = st.one_of(
    _spoilt().map(str.encode),
    st.text(max_size=120).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=120),
)


@settings(max_examples=250)
@given(content=_ANYTHING)
@example(content=b"[" * 100_000)
@example(content=b"{a: " * 50_000)
@example(content=b"- " * 100_000)
@example(content=b"a: &a [x, x]\n" + b"".join(b"b%d: &b%d [*a, *a]\n" % (n, n) for n in range(200)))
@example(content=("[" * 900 + "]" * 900).encode())
@example(content=b"? " * 20_000)
@example(content=b"!" * 50_000)
@example(content=b"\xff\xfe" + "kind: Agent".encode("utf-16-le"))
def test_any_bytes_whatever_give_findings_and_never_a_traceback(content: bytes) -> None:
    with project() as folder:
        folder.write({"a.yaml": content})
        said = folder.run("validate", online=False)
    assert said.code in (0, 1), said.text
    assert "internal error" not in said.text
    assert "Traceback" not in said.text
    assert said.code == 0 or "RC" in said.text


@settings(max_examples=80)
@given(content=_ANYTHING)
def test_any_project_file_whatever_gives_findings_and_never_a_traceback(content: bytes) -> None:
    with project() as folder:
        (folder.root / "reconciler.yaml").write_bytes(content)
        said = folder.run("validate", online=False)
    assert said.code in (0, 1), said.text
    assert "internal error" not in said.text


_SOUND: dict[str, dict[str, object]] = {
    "Agent": {"prompt": "This is Lakeside Clinic calling about your visit.", "voice": "olivia"},
    "PhoneNumber": {"number": "+15551230001"},
    "AutoReload": {"enabled": False},
    "ScheduledCall": {
        "from_number": "+15551230001",
        "to_number": "+14155550142",
        "config": {"prompt": "Hello", "voice": "olivia"},
        "at": "2026-12-01T18:00:00Z",
    },
}
_ODD: tuple[object, ...] = (
    None,
    "",
    " ",
    "x",
    [],
    {},
    [None],
    {"a": None},
    0,
    -1,
    1.5,
    10**30,
    True,
    "${var.none}",
    "2026-12-01",
    "\x00",
)
_FIELDS = [(kind, field) for kind in KINDS for field in policies(KINDS[kind].spec)]


@pytest.mark.parametrize(("kind", "field"), _FIELDS, ids=[f"{kind}.{field}" for kind, field in _FIELDS])
def test_any_field_of_any_kind_bare_blank_or_of_another_type_gives_findings_with_lines(kind: str, field: str) -> None:
    sound = _SOUND.get(kind, {})
    with project() as folder:
        for value in _ODD:
            folder.write({"a.yaml": document(kind, "x", {**sound, field: value})})
            said = folder.run("validate", online=False)
            assert said.code in (0, 1), said.text
            assert "internal error" not in said.text, value
            assert said.code == 0 or "manifests/a.yaml:" in said.text, said.text


@pytest.mark.parametrize("key", ["apiVersion", "kind", "metadata", "spec", "absent"])
@pytest.mark.parametrize("value", ["", "~", "[]", "{}", "x", "0", "[x]", "{a: ~}", "{name: ~}", "{name: [], id: {}}"])
def test_any_envelope_gives_findings_with_lines(key: str, value: str) -> None:
    lines = {"apiVersion": "reconciler/v1", "kind": "Agent", "metadata": "{name: a}", "spec": "{voice: x, prompt: y}"}
    with project() as folder:
        folder.write({"a.yaml": "".join(f"{name}: {text}\n" for name, text in {**lines, key: value}.items())})
        for said in (folder.run("validate", online=False), folder.run("plan")):
            assert said.code in (0, 1), said.text
            assert "internal error" not in said.text
            assert said.code == 0 or "manifests/a.yaml:" in said.text, said.text


@pytest.mark.parametrize("shape", ["format", "text"])
@settings(max_examples=40)
@given(content=_spoilt())
def test_whatever_passes_validation_can_be_planned_without_a_traceback(shape: str, content: str) -> None:
    options = ("--format", "json") if shape == "format" else ()
    with project() as folder:
        folder.write({"a.yaml": content})
        if folder.run("validate", online=False).code == 0:
            said = folder.run("plan", *options)
            assert said.code in (0, 1, 3), said.text
            assert "internal error" not in said.text
            assert said.written == []
