"""Scenarios, suites, test batches and validation of the second platform; written from the contract alone."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = dict[str, Any]

_GROUPS: JSON = {
    "audio_conditions": {"noise_asset": "none", "snr_db": None},
    "caller_behavior": {"dtmf_sequence": "", "long_silence_seconds": 0, "topic_change": ""},
    "speech_style": {"accent": "default", "disfluencies": "none", "pace": "natural"},
    "telephony": {"voicemail_answer": False},
}
_SCENARIO = {"title", "scenario_prompt", "direction", "labels", *_GROUPS}
_EXECUTE = {"channel", "consent_to_charge", "scenario_ids", "phone_number_id", "stagger_seconds", "matrix"}
_SUITE: JSON = {"name": "", "agent_id": None, "scenario_ids": [], "criteria": {}, "schedule": None}
_CENTS = 7  # what a test call is estimated to cost here


class Unwell(Exception):
    """A status that is no success."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class AgentTests:
    """What hangs on the tests of agents; the knobs are public and may be turned while it runs.

    ``outcomes`` says by title how a scenario ends: pass, fail, breaks, never, or a word that nobody knows. ``reads`` is
    how often a batch is looked at before it ends, ``late`` how many lists do not show the newest one yet.
    """

    def __init__(self, agents: dict[int, JSON], now: Callable[[], str]) -> None:
        self._agents, self._now = agents, now
        self.scenarios: dict[int, JSON] = {}
        self.suites: dict[str, JSON] = {}
        self.batches: dict[int, JSON] = {}
        self.validations: dict[int, JSON] = {}
        self.outcomes: dict[str, str] = {}
        self.told: JSON = {}
        self.examples: dict[int, list[str]] = {}
        self.reads = 2
        self.late = 0
        self.budget: int | None = None
        self._looked: dict[int, int] = {}
        self._ids = iter(range(81_001, 90_000))

    @property
    def paid(self) -> int:
        """How many batches were begun."""
        return len(self.batches)

    def end_at_the_next_look_but(self, looks: int) -> None:
        """Let what is under way end once it was looked at that many times more, and then once again."""
        self.outcomes.clear()
        self.reads = max(self._looked.values(), default=0) + looks + 1

    def answer(self, method: str, parts: list[str], body: Any) -> tuple[int, Any] | None:
        """The status and body of a request; None for a path that is none of these; raises Unwell."""
        match parts:
            case ["agents", id_, "test-scenarios", *rest]:
                return self._scenario(method, self._agent(id_), rest, body)
            case ["agents", id_, "test-runs", *rest]:
                return self._batch(method, self._agent(id_), rest, body)
            case ["agents", id_, "validation-status" | "validation-runs" as what]:
                return self._validation(method, self._agent(id_), what, body)
            case ["validation-runs", id_] if method == "GET":
                return 200, self._judged(_found(self.validations, id_))
            case ["suites", *rest]:
                return self._suite(method, rest, body)
        return None

    def _agent(self, id_: str) -> JSON:
        return _found(self._agents, id_)

    # Scenarios.

    def _scenario(self, method: str, agent: JSON, rest: list[str], body: Any) -> tuple[int, Any]:
        match method, rest:
            case "GET", []:
                return 200, [it for it in reversed(self.scenarios.values()) if it["agent_id"] == agent["id"]]
            case "POST", []:
                return 201, self._made(agent, body, "manual")
            case "POST", ["generate"]:
                wanted = [{"title": f"Idea {place}", "scenario_prompt": "You ask."} for place in range(body["count"])]
                return 201, {"scenarios": [self._made(agent, it, "ai") for it in wanted]}
            case _, [id_]:
                return self._one(method, _found(self.scenarios, id_), body)
        raise Unwell(405, {"detail": "Method not allowed."})

    def _made(self, agent: JSON, body: JSON, source: str) -> JSON:
        if missing := [key for key in ("title", "scenario_prompt") if not body.get(key)]:
            raise Unwell(400, {key: ["This field is required."] for key in missing})
        id_, now = next(self._ids), self._now()
        self.scenarios[id_] = {
            "direction": "inbound", "labels": [], "source": source, "prompt_hash": "", "is_stale": False, "id": id_,
            "latest_verdict": "", "source_call_id": None, "source_turn_index": None, "source_issue_trace_id": None,
            "agent_id": agent["id"], "created_at": now, "updated_at": now, "difficulty": "hard", **_normal(body),
        }  # fmt: skip
        return self.scenarios[id_]

    def _one(self, method: str, scenario: JSON, body: Any) -> tuple[int, Any]:
        if method == "DELETE":
            del self.scenarios[scenario["id"]]
            return 204, None
        if method == "PATCH":
            groups = {name: scenario[name] | body[name] for name in _GROUPS if name in body}
            scenario |= {**_normal(body, whole=False), **groups, "updated_at": self._now()}
        return 200, scenario

    # Batches.

    def _batch(self, method: str, agent: JSON, rest: list[str], body: Any) -> tuple[int, Any]:
        match method, rest:
            case "GET", []:
                return 200, self._listed(agent)
            case "POST", ["execute"]:
                return 201, self._begun(agent, body)
            case "GET", [id_]:
                return 200, self._read(_found(self.batches, id_))
        raise Unwell(405, {"detail": "Method not allowed."})

    def _listed(self, agent: JSON) -> list[JSON]:
        own = [it for it in self.batches.values() if it["agent_id"] == agent["id"]]
        if self.late and own:
            self.late -= 1
            own = own[:-1]
        return [it | self.told for it in own]

    def _begun(self, agent: JSON, body: JSON) -> JSON:
        if unknown := sorted(set(body) - _EXECUTE):
            raise Unwell(400, {key: ["Unknown field."] for key in unknown})
        if body.get("consent_to_charge") is not True:
            raise Unwell(400, {"consent_to_charge": ["You must consent to the charge."]})
        if self.budget == 0:
            raise Unwell(402, {"detail": "The budget for test calls is used up."})
        if body["channel"] == "telephony" and type(body.get("phone_number_id")) is not int:
            raise Unwell(400, {"phone_number_id": ["Required for telephony."]})
        own = {id_ for id_, it in self.scenarios.items() if it["agent_id"] == agent["id"]}
        wanted = body.get("scenario_ids", sorted(own))
        if not wanted or not set(wanted) <= own:
            raise Unwell(400, {"scenario_ids": ["Invalid pk - object does not exist."]})
        id_, now = next(self._ids), self._now()
        runs = [{"scenario_id": key, "status": "queued", "verdict": "", "call_id": None} for key in wanted]
        self.batches[id_] = {
            "id": id_, "agent_id": agent["id"], "channel": body["channel"], "status": "pending", "total": len(wanted),
            "completed": 0, "failed": 0, "pass_count": 0, "fail_count": 0, "estimated_minutes": 1.5 * len(wanted),
            "estimated_cost_cents": _CENTS * len(wanted), "error_message": "", "matrix_dimensions": {}, "runs": runs,
            "agent_prompt_hash": _hash(agent["prompt"]), "phone_number_id": body.get("phone_number_id"),
            "phone_number_display": None, "requested_by_id": None, "created_at": now, "started_at": None,
            "completed_at": None, "updated_at": now, "weather": "fair",
        }  # fmt: skip
        return dict(self.batches[id_])

    def _read(self, batch: JSON) -> JSON:
        self._looked[batch["id"]] = self._looked.get(batch["id"], 0) + 1
        if self._looked[batch["id"]] >= self.reads and batch["completed_at"] is None:
            self._grade(batch)
        return batch | self.told

    def _grade(self, batch: JSON) -> None:
        words = [self.outcomes.get(self.scenarios[run["scenario_id"]]["title"], "pass") for run in batch["runs"]]
        batch["runs"] = [_run(run, word) for run, word in zip(batch["runs"], words, strict=True)]
        batch |= {"failed": words.count("breaks"), "pass_count": words.count("pass"), "fail_count": words.count("fail")}
        batch["completed"] = len(words) - words.count("breaks") - words.count("never")
        over = "never" not in words
        batch |= {"status": "completed", "completed_at": self._now()} if over else {"status": "in_progress"}

    # Validation.

    def _validation(self, method: str, agent: JSON, what: str, body: Any) -> tuple[int, Any]:
        own = [it for it in self.validations.values() if it["agent_id"] == agent["id"]]
        if what == "validation-status":
            newest = own[-1] if own else None
            matches = newest is not None and newest["prompt_hash"] == _hash(_draft(agent))
            count = len(self.examples.get(agent["id"], ()))
            told = {"latest_run": newest and self._shown(newest), "latest_run_matches_draft": matches}
            return 200, {"active_example_count": count, **told}
        if method == "GET":
            return 200, {"runs": [self._shown(it) for it in own]}
        if body != {"config_source": "draft"}:
            raise Unwell(400, {"config_source": ["Only drafts are validated."]})
        if not self.examples.get(agent["id"]):
            raise Unwell(400, {"detail": "There are no examples."})
        return 201, self._shown(self._validated(agent))

    def _validated(self, agent: JSON) -> JSON:
        id_ = next(self._ids)
        self.validations[id_] = {
            "id": id_, "agent_id": agent["id"], "status": "queued", "config_source": "draft", "pass_count": 0,
            "total_count": len(self.examples[agent["id"]]), "fail_count": 0, "warn_count": 0, "skipped_count": 0,
            "pass_rate": None, "regressions": [], "prompt_hash": _hash(_draft(agent)), "estimated_cost_cents": 0.3,
            "error_message": "", "triggered_by_name": None, "created_at": self._now(), "started_at": None,
            "completed_at": None, "season": "spring",
        }  # fmt: skip
        return self.validations[id_]

    def _shown(self, run: JSON) -> JSON:
        return {key: value for key, value in run.items() if key != "results"}

    def _judged(self, run: JSON) -> JSON:
        self._looked[run["id"]] = self._looked.get(run["id"], 0) + 1
        words = self.examples[run["agent_id"]]
        if self._looked[run["id"]] < self.reads or run["completed_at"] or "never" in words:
            return run
        failing = [place for place, word in enumerate(words) if word == "fail"]
        run |= {"pass_count": words.count("pass"), "fail_count": len(failing), "pass_rate": 100.0}
        run["regressions"] = [{"example": {"id": place, "expectation": "Says who calls."}} for place in failing]
        run |= {"status": "done", "completed_at": self._now()}
        if "breaks" in words:
            run["error_message"] = "The replay broke."
        return run

    # Suites.

    def _suite(self, method: str, rest: list[str], body: Any) -> tuple[int, Any]:
        match method, rest:
            case "GET", []:
                return 200, [self._suite_shown(it) for it in self.suites.values()]
            case "POST", []:
                id_ = str(uuid.uuid4())
                self.suites[id_] = {"id": id_, **_SUITE, **_of_suite(body), "created_at": self._now()}
                return 201, self._suite_shown(self.suites[id_])
            case _, [id_] if id_ in self.suites:
                if method == "DELETE":
                    del self.suites[id_]
                    return 204, None
                self.suites[id_] |= _of_suite(body) if method == "PATCH" else {}
                return 200, self._suite_shown(self.suites[id_])
        raise Unwell(404, {"detail": "Not found."})

    def _suite_shown(self, suite: JSON) -> JSON:
        """The scenarios in an order of its own, and as objects beside."""
        ids = sorted(suite["scenario_ids"], reverse=True)
        names = [{"id": id_, "title": self.scenarios[id_]["title"]} for id_ in ids if id_ in self.scenarios]
        now = {"agent_name": "?", "last_green_at": None, "updated_at": suite["created_at"], "mascot": "owl"}
        return {**suite, "scenario_ids": ids, "scenarios": names, **now}


def _found(things: dict[int, JSON], id_: str) -> JSON:
    if not id_.isdecimal() or int(id_) not in things:
        raise Unwell(404, {"detail": "Not found."})
    return things[int(id_)]


def _normal(body: JSON, *, whole: bool = True) -> JSON:
    """What was written as this server keeps it: texts trimmed, labels in order, sub-objects filled."""
    if unknown := sorted(set(body) - _SCENARIO):
        raise Unwell(400, {key: ["Unknown field."] for key in unknown})
    kept = {key: value.strip() if isinstance(value, str) else value for key, value in body.items()}
    if "labels" in kept:
        kept["labels"] = sorted(kept["labels"])
    groups = {name: default | (kept.get(name) or {}) for name, default in _GROUPS.items() if whole}
    return {**kept, **groups}


def _of_suite(body: JSON) -> JSON:
    if unknown := sorted(set(body) - set(_SUITE)):
        raise Unwell(400, {key: ["Unknown field."] for key in unknown})
    return body


def _run(run: JSON, word: str) -> JSON:
    """A run as it ended; what nobody told us of its keys is told in words of this platform's own."""
    match word:
        case "never":
            return run | {"status": "in_progress"}
        case "breaks":
            return run | {"status": "failed", "reason": "The line was cut."}
        case "pass" | "fail":
            return run | {"status": "completed", "verdict": word, "call_id": 5001, "judge": f"A {word}, I say."}
    return run | {"status": "completed", "verdict": word, "call_id": 5001}


def _draft(agent: JSON) -> str:
    return str(agent["draft_prompt"] if agent["draft_prompt"] is not None else agent["prompt"])


def _hash(prompt: str) -> str:
    return hashlib.sha256(prompt.encode()).hexdigest()
