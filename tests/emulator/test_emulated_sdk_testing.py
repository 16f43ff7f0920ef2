"""The vendor's SDK on scenarios, runs, suites and validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from thunderphone.generated.api.agents import (
    agents_partial_update,
    agents_test_runs_execute,
    agents_test_runs_list,
    agents_test_runs_retrieve,
    agents_test_scenarios,
    agents_test_scenarios_delete,
    agents_test_scenarios_generate,
    agents_test_scenarios_list,
    agents_test_scenarios_partial_update,
    agents_test_scenarios_refresh,
    agents_test_scenarios_retrieve,
    agents_validation_examples_list,
    agents_validation_runs,
    agents_validation_runs_list,
    agents_validation_status_list,
)
from thunderphone.generated.api.billing import billing_list
from thunderphone.generated.api.calls import (
    calls_extract,
    calls_grade,
    calls_grade_list,
    calls_list,
    calls_promote_to_scenario,
    calls_validation_examples,
)
from thunderphone.generated.api.simulations import (
    simulations_batches_create,
    simulations_batches_list,
    simulations_batches_retrieve,
    simulations_create,
    simulations_list,
)
from thunderphone.generated.api.suites import (
    suites_create,
    suites_delete,
    suites_list,
    suites_partial_update,
    suites_retrieve,
)
from thunderphone.generated.api.test_call_batches import (
    test_call_batches_create as older_batches_create,
)
from thunderphone.generated.api.test_call_batches import (
    test_call_batches_list as older_batches_list,
)
from thunderphone.generated.api.test_call_batches import (
    test_call_batches_retrieve as older_batches_retrieve,
)
from thunderphone.generated.api.test_calls import test_calls_create as older_create
from thunderphone.generated.api.test_calls import test_calls_list as older_list
from thunderphone.generated.api.validation_examples import (
    validation_examples_audio_retrieve,
    validation_examples_delete,
    validation_examples_list,
    validation_examples_partial_update,
    validation_examples_replay,
    validation_examples_retrieve,
)
from thunderphone.generated.api.validation_runs import validation_runs_retrieve
from thunderphone.generated.api.validation_sets import validation_sets_list
from thunderphone.generated.models.audio_conditions_request import AudioConditionsRequest
from thunderphone.generated.models.calls_extract_body import CallsExtractBody
from thunderphone.generated.models.channel_enum import ChannelEnum
from thunderphone.generated.models.create_validation_example_request import CreateValidationExampleRequest
from thunderphone.generated.models.execute_test_scenarios_request import ExecuteTestScenariosRequest
from thunderphone.generated.models.generate_test_scenarios_request import GenerateTestScenariosRequest
from thunderphone.generated.models.patched_agent_write_request import PatchedAgentWriteRequest
from thunderphone.generated.models.patched_suite_input_request import PatchedSuiteInputRequest
from thunderphone.generated.models.patched_test_scenario_update_request import PatchedTestScenarioUpdateRequest
from thunderphone.generated.models.patched_validation_example_update_request import (
    PatchedValidationExampleUpdateRequest,
)
from thunderphone.generated.models.place_call_request import PlaceCallRequest
from thunderphone.generated.models.promote_scenario_request import PromoteScenarioRequest
from thunderphone.generated.models.refresh_test_scenarios_request import RefreshTestScenariosRequest
from thunderphone.generated.models.simulation_batch_create_request import SimulationBatchCreateRequest
from thunderphone.generated.models.simulation_run_create_request import SimulationRunCreateRequest
from thunderphone.generated.models.snr_db_enum import SnrDbEnum
from thunderphone.generated.models.suite_criteria_input_request import SuiteCriteriaInputRequest
from thunderphone.generated.models.suite_input_request import SuiteInputRequest
from thunderphone.generated.models.suite_schedule_input_request import SuiteScheduleInputRequest
from thunderphone.generated.models.target_type_enum import TargetTypeEnum
from thunderphone.generated.models.test_scenario_create_request import TestScenarioCreateRequest as NewScenario
from thunderphone.generated.models.validation_examples_replay_body import ValidationExamplesReplayBody
from thunderphone.generated.models.validation_run_request_request import ValidationRunRequestRequest

from emulator.sdk import done, front_desk, parsed

if TYPE_CHECKING:
    from thunderphone import ThunderPhone

    from reconciler.emulator import Platform


def scenario(sdk: ThunderPhone, agent: int, title: str = "Books a table") -> Any:
    body = NewScenario(
        title=title,
        scenario_prompt="You want a table.",
        audio_conditions=AudioConditionsRequest(snr_db=SnrDbEnum.VALUE_10),
    )
    return parsed(agents_test_scenarios, sdk, agent, body=body)


def ended_call(sdk: ThunderPhone, live: Platform, agent: int) -> int:
    body = PlaceCallRequest(from_number="+15551230001", to_number="+14155550199", agent_id=agent)
    call = int(sdk.calls.place(body).call_id)
    live.advance(120)
    return call


def test_a_scenario_lives(sdk: ThunderPhone) -> None:
    agent = front_desk(sdk).id
    made = scenario(sdk, agent)
    assert (made.source.value, made.latest_verdict, made.prompt_hash, made.is_stale) == ("manual", "", "", False)
    assert made.audio_conditions == {"noise_asset": "none", "snr_db": 10}
    change = PatchedTestScenarioUpdateRequest(title="Books two tables")
    assert parsed(agents_test_scenarios_partial_update, sdk, agent, made.id, body=change).title == "Books two tables"
    assert parsed(agents_test_scenarios_retrieve, sdk, agent, made.id).agent_id == agent
    assert [each.id for each in parsed(agents_test_scenarios_list, sdk, agent)] == [made.id]
    done(agents_test_scenarios_delete, sdk, agent, made.id)


def test_scenarios_are_generated_anew_each_time_and_refreshed(sdk: ThunderPhone) -> None:
    agent = front_desk(sdk).id
    for _ in range(2):
        made = parsed(agents_test_scenarios_generate, sdk, agent, body=GenerateTestScenariosRequest(count=3))
        assert [each.source.value for each in made.scenarios] == ["ai"] * 3
    assert len(parsed(agents_test_scenarios_list, sdk, agent)) == 6
    fresh = parsed(agents_test_scenarios_refresh, sdk, agent, body=RefreshTestScenariosRequest(only_stale=True))
    assert fresh.scenarios == []


def test_a_batch_is_run_and_judged_and_its_calls_are_listed(sdk: ThunderPhone, live: Platform) -> None:
    agent = front_desk(sdk).id
    for title in ("Books", "This fails", "This breaks"):
        scenario(sdk, agent, title)
    body = ExecuteTestScenariosRequest(channel=ChannelEnum.WEB, consent_to_charge=True)
    batch = parsed(agents_test_runs_execute, sdk, agent, body=body)
    assert (batch.status, batch.total, batch.completed_at) == ("in_progress", 3, None)
    assert parsed(billing_list, sdk).test_call_budget_remaining_cents == 1000 - batch.estimated_cost_cents
    live.advance(30)
    ended = parsed(agents_test_runs_retrieve, sdk, agent, batch.id)
    assert (ended.status, ended.completed, ended.failed) == ("completed", 2, 1)
    assert (ended.pass_count, ended.fail_count, ended.error_message) == (1, 1, "")
    calls = parsed(calls_list, sdk, exclude_test_calls=False).results
    assert [(call.direction.value, call.is_scenario_call) for call in calls] == [("test", True)] * 2
    assert parsed(calls_list, sdk, exclude_test_calls=True).results == []
    assert [each.id for each in parsed(agents_test_runs_list, sdk, agent)] == [batch.id]


@pytest.mark.parametrize("twin", [False, True])
def test_simulations_and_their_older_twins_share_their_rows(
    sdk: ThunderPhone,
    live: Platform,
    twin: bool,  # noqa: FBT001 - a column of the table
) -> None:
    agent = front_desk(sdk).id
    one = SimulationRunCreateRequest(consent_to_charge=True, target_id=agent, target_type=TargetTypeEnum.AGENT)
    many = SimulationBatchCreateRequest(
        consent_to_charge=True,
        target_id=agent,
        target_type=TargetTypeEnum.AGENT,
        scenario_prompts=["You book.", "Your line breaks."],
    )
    run = parsed(older_create if twin else simulations_create, sdk, body=one)
    create = older_batches_create if twin else simulations_batches_create
    batch = parsed(create, sdk, body=many)
    assert (run.status.value, run.charge_multiplier, batch.status.value) == ("in_progress", 2, "in_progress")
    live.advance(30)
    ended = parsed(simulations_batches_retrieve, sdk, batch.id)
    assert (ended.status.value, ended.completed_runs, ended.failed_runs) == ("completed", 2, 1)
    assert parsed(older_batches_retrieve, sdk, batch.id).to_dict() == ended.to_dict()
    runs = parsed(simulations_list, sdk)
    assert len(runs) == len(parsed(older_list, sdk)) == 4
    assert len(parsed(simulations_batches_list, sdk)) == len(parsed(older_batches_list, sdk)) == 1
    first = next(each for each in runs if each.id == run.id)
    live.advance(60)
    assert parsed(calls_grade_list, sdk, first.call_id).score == 92


def test_an_extraction_parses_with_and_without_a_transcript(sdk: ThunderPhone, live: Platform) -> None:
    agent = front_desk(sdk).id
    call = ended_call(sdk, live, agent)
    assert parsed(calls_extract, sdk, call, body=CallsExtractBody()).status.value == "completed"
    body = PlaceCallRequest(from_number="+15551230001", to_number="+14155550197", agent_id=agent)
    busy = int(sdk.calls.place(body).call_id)
    refused = calls_extract.sync_detailed(busy, client=sdk.client, body=CallsExtractBody())
    assert (refused.status_code, refused.parsed and refused.parsed.status.value) == (409, "skipped")


def test_a_suite_lives(sdk: ThunderPhone) -> None:
    agent = front_desk(sdk).id
    body = SuiteInputRequest(
        name="Nightly",
        agent_id=agent,
        scenario_ids=[scenario(sdk, agent).id],
        criteria=SuiteCriteriaInputRequest(min_pass_rate=80),
        schedule=SuiteScheduleInputRequest.from_dict({"frequency": "daily", "hour": 3}),
    )
    made = parsed(suites_create, sdk, body=body)
    assert made.criteria.to_dict() == {"min_pass_rate": 80, "zero_critical_failures": False}
    assert made.schedule["timezone"] == "UTC"
    assert parsed(suites_partial_update, sdk, made.id, body=PatchedSuiteInputRequest(schedule=None)).schedule is None
    assert parsed(suites_retrieve, sdk, made.id).runs == []
    assert [each.agent_name for each in parsed(suites_list, sdk)] == ["Front desk"]
    done(suites_delete, sdk, made.id)


def test_a_call_is_promoted_once_graded_and_made_an_example(sdk: ThunderPhone, live: Platform) -> None:
    agent = front_desk(sdk).id
    call = ended_call(sdk, live, agent)
    first, second = (parsed(calls_promote_to_scenario, sdk, call, body=PromoteScenarioRequest()) for _ in range(2))
    assert (first.source.value, first.source_call_id, first.id) == ("production", call, second.id)
    assert parsed(calls_grade_list, sdk, call).score == 92
    assert parsed(calls_grade, sdk, call).status.value == "completed"
    body = CreateValidationExampleRequest.from_dict({"kind": "golden", "turn_index": 0})
    example = parsed(calls_validation_examples, sdk, call, body=body)
    assert (example.status, example.kind, example.agent_id) == ("pending_review", "golden", agent)


def test_a_draft_is_validated(sdk: ThunderPhone, live: Platform) -> None:
    agent = front_desk(sdk).id
    call = ended_call(sdk, live, agent)
    body = CreateValidationExampleRequest.from_dict({"kind": "golden", "turn_index": 0})
    example = parsed(calls_validation_examples, sdk, call, body=body)
    assert parsed(agents_validation_status_list, sdk, agent).active_example_count == 0
    change = PatchedValidationExampleUpdateRequest.from_dict({"status": "active", "labels": ["fails"]})
    parsed(validation_examples_partial_update, sdk, example.id, body=change)
    parsed(agents_partial_update, sdk, agent, body=PatchedAgentWriteRequest(prompt="New."))
    run = parsed(agents_validation_runs, sdk, agent, body=ValidationRunRequestRequest())
    assert (run.status, run.completed_at) == ("running", None)
    live.advance(5)
    ended = parsed(validation_runs_retrieve, sdk, run.id)
    assert (ended.status, ended.fail_count, len(ended.regressions), ended.pass_rate) == ("completed", 1, 1, 0.0)
    status = parsed(agents_validation_status_list, sdk, agent)
    assert (status.latest_run.id, status.latest_run_matches_draft) == (run.id, True)
    parsed(agents_partial_update, sdk, agent, body=PatchedAgentWriteRequest(prompt="Newer."))
    assert parsed(agents_validation_status_list, sdk, agent).latest_run_matches_draft is False
    assert [each.id for each in parsed(agents_validation_runs_list, sdk, agent).runs] == [run.id]
    assert [each.id for each in parsed(agents_validation_examples_list, sdk, agent).examples] == [example.id]
    assert [each.last_verdict for each in parsed(validation_examples_list, sdk).examples] == ["fail"]
    assert parsed(validation_examples_retrieve, sdk, example.id).context
    parsed(validation_examples_replay, sdk, example.id, body=ValidationExamplesReplayBody())
    assert validation_examples_audio_retrieve.sync_detailed(example.id, 0, client=sdk.client).status_code == 200
    assert len(parsed(validation_sets_list, sdk).agents) == 1
    done(validation_examples_delete, sdk, example.id)
