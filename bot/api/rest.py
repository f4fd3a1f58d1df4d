"""The routes of all else: profiles, the bot itself, callers who want to be forgotten."""

from fastapi import APIRouter

from bot.api.models import Erased, Erasure, Profiles, Status
from bot.api.problems import Refusal
from bot.api.visitors import Admin, Viewer

router = APIRouter(prefix="/v1")


@router.get("/profiles", tags=["profiles"])
async def list_profiles(visit: Viewer) -> Profiles:
    """The profiles in use, with their numbers and the places to which they transfer."""
    return await visit.office.profiles(visit.key)


@router.post("/profiles/reload", tags=["profiles"])
async def reload_profiles(visit: Admin) -> Profiles:
    """
    Look for changed files now, and say what is wrong with them; calls that are up keep theirs.

    Other bots look by themselves, every two seconds (`profiles.poll`). Not for keys of some
    profiles.
    """
    if visit.key.profiles is not None:
        detail = f"The key {visit.key.name} is for some profiles only; this is about all."
        raise Refusal(403, "not-allowed", detail, "Use an admin's key that is for all profiles.")
    visit.note("profiles read anew")
    return await visit.office.profiles(visit.key, reload=True)


@router.get("/status", tags=["bot"])
async def show_status(visit: Viewer) -> Status:
    """How the bot is that answers this request."""
    return visit.office.status()


@router.post("/erasures", tags=["callers"])
async def erase_caller(visit: Admin, whose: Erasure) -> Erased:
    """
    Delete all calls of a caller, with what was said, and their recordings.

    Calls that are up stay: ask again when they are over. Where a recording cannot be deleted, its
    call stays, too, and the answer is 503. It can be asked as often as needed.
    """
    erased = await visit.office.erase(visit.key, whose.number)
    visit.note("caller erased", number="****" + whose.number[-2:], calls=erased.calls)
    return erased
