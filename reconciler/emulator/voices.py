"""Voices (contract 2.11): a table that is only read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.exchange import answer
from reconciler.emulator.validators import Invalid

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply

LANGUAGES = {"en": "English", "es": "Spanish", "fr": "French", "de": "German", "pt": "Portuguese"}
# id, gender, category, languages
VOICES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("olivia", "female", "conversational", ("en",)),
    ("john", "male", "conversational", ("en",)),
    ("maya", "female", "multilingual", ("en", "es", "fr")),
    ("liam", "male", "multilingual", ("en", "es", "de", "pt")),
    ("sofia", "female", "conversational", ("es",)),
    ("emma", "female", "narration", ("en",)),
    ("noah", "male", "narration", ("en", "fr")),
)
IDS = frozenset(voice[0] for voice in VOICES)


def voice_id(value: Any) -> str:
    """A voice the platform has; exact match (contract Q31)."""
    if not isinstance(value, str) or value not in IDS:
        raise Invalid(f'"{value}" is not a valid voice.')
    return value


def catalog(exchange: Exchange) -> Reply:
    """``GET /v1/voices``, filtered by ``languages`` (all of them), ``category`` and ``gender``."""
    query = exchange.request.query
    wanted = {code for code in query.get("languages", "").split(",") if code}
    voices = [
        {"id": name, "name": name.title(), "gender": gender, "category": category, "languages": list(spoken)}
        for name, gender, category, spoken in VOICES
        if wanted <= set(spoken)
        and query.get("gender", gender) == gender
        and query.get("category", category) == category
    ]
    languages = [{"code": code, "name": name} for code, name in LANGUAGES.items()]
    return answer({"voices": voices, "languages": languages, "x_emulated": True})


def policy(_exchange: Exchange) -> Reply:
    """``GET /v1/voices/policy``: no cloning here."""
    return answer({"cloning_enabled": False, "custom_voice_surcharge_cents": 0, "max_custom_voices": 0, "used": 0})
