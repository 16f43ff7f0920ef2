"""The manifests that the drift tests start from."""

from __future__ import annotations

AGENTS = """\
# Who answers by day.  \x20
apiVersion: reconciler/v1
kind: Agent
metadata: {name:   front-desk}   # do not rename
spec:
    name: "Front desk"

    # Chosen by Ann after the trial.
    voice: 'olivia'   # the calm one
    prompt: {file: prompts/front-desk.md}
    silence_interval_seconds: 10 # seconds
    voicemail_message: |
      Please call
      back.

    # Whom to pass a caller on to.
    transfer_destinations:
    # the office
    - name: office   # ground floor
      number: "+14155550100"
    # the owner
    - {name: owner, number: "+14155550101"}
    additional_languages: [es,  fr]  # in this order

---
apiVersion: reconciler/v1
kind: Agent
metadata: {name: night-shift}
spec:
  name: Night shift
  prompt: You answer at night.
  voice: olivia
---
apiVersion: reconciler/v1
kind: PhoneNumber
metadata: {name: main-line}
spec:
  number: "+15551230001"
  inbound_agent: front-desk   # by day
# the end
"""
PATH = "manifests/agents.yaml"
PROMPT = "manifests/prompts/front-desk.md"
