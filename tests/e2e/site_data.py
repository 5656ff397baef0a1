"""Run inside a site's own environment: makes tables and the small world, prints who may sign in and which pages there are."""

import json
import sys
from typing import Any, Final

import django
from django.core.management import call_command

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from huoshui.terms import Role  # noqa: E402
from tests.web.route_objects import MAKERS  # noqa: E402
from tests.web.test_roles import PLACE, TABLE, Row  # noqa: E402
from tests.world import World, county_world, signed_in  # noqa: E402


def sessions(world: World) -> dict[str, str]:
    """The session key of one person a role, of both counties ("officer", "officer away"), and of a stranger."""
    people = {f"{role.value}{'' if home else ' away'}": world.user(role, home=home) for role in Role for home in (True, False)}
    people["stranger"] = world.stranger
    return {name: str(signed_in(Client(), user).session.session_key) for name, user in people.items()}


FIRST: Final = ("officer", "client_manager", "legal_representative", "visitor", "regulator", "operator")


def people_of(row: Row) -> list[str]:
    """Whose page it is: somebody who may call it; everybody's first page is looked at for each role."""
    if row.name == "home:home":
        return ["", "stranger", *(x.value for x in Role)]
    if row.roles == "public":
        return [""]
    if row.roles == "signed_in":
        return ["legal_representative" if row.url.startswith(("/my/", "/authenticate", "/powers", "/me")) else "officer"]
    return [next((x for x in FIRST if x in row.roles), str(row.roles[0]))]


def address(row: Row, world: World, *, person: str) -> str:
    """The row's address with the person's own objects in it."""
    user = world.stranger if person == "stranger" else world.user(Role(person)) if person else None
    return PLACE.sub(lambda x: str(MAKERS[x.group(1)](world, home=True, by=user)), row.url)


def pages(world: World) -> dict[str, list[dict[str, str]]]:
    """Every route that answers GET, with an address for those who may call it."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in TABLE.values():
        if row.method == "GET" and not row.url.startswith("/api/"):
            found[row.name] = [{"person": x, "url": address(row, world, person=x)} for x in people_of(row)]
    return found


def main() -> None:
    """Make everything and print it as JSON."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False, post_process=False)  # compressing takes half a minute
    world = county_world()
    told: dict[str, Any] = {"sessions": sessions(world), "pages": pages(world)}
    told["cookie"] = settings.SESSION_COOKIE_NAME
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
