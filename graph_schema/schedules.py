"""Schedules: applications that are planned and deployed again and again."""

from datetime import datetime

from strawberry import ID

from app.domain.cron import CatchUp as CatchUp
from app.domain.runs import OnFailure
from app.domain.schedules import check_cron, check_zone
from graph_schema.declaration import Write, incoming, node, one, outgoing, stored
from graph_schema.runs import Run as Run
from graph_schema.stored import described

described(
    CatchUp,
    "What becomes of times that passed while no worker was there.",
    {
        CatchUp.NONE: "They are left out.",
        CatchUp.LAST: "It is deployed once for all of them.",
        CatchUp.ALL: "It is deployed once for each of them, one after the other.",
    },
)


@node("Schedule", key="{application}/schedules/{name}")
class Schedule:
    """When an application is planned and deployed to an environment, again and again."""

    id = stored(ID, "Its path: `project/application/schedules/name`.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was created.")
    updated_at = stored(datetime, "When it was last changed.")
    name = stored(str, "Its name: a DNS label, unique in the application.")
    cron = stored(
        str,
        "When: minute, hour, day of the month, month and day of the week, as cron has them, or `@daily` and its like.",
        write=Write.ALWAYS,
        checks=(check_cron,),
    )
    zone = stored(
        str,
        "The time zone that is meant, such as `Europe/Berlin`.",
        write=Write.ALWAYS,
        default="UTC",
        checks=(check_zone,),
    )
    catch_up = stored(
        CatchUp, "What becomes of times that passed while no worker was there.", write=Write.ALWAYS, default="none"
    )
    on_failure = stored(OnFailure, "What its runs do once a step has failed.", write=Write.ALWAYS, default="stop")
    paused = stored(bool, "Whether it rests.", write=Write.ALWAYS, default=False)
    next_at = stored(datetime, "When it is due next; null until a worker has reckoned it.", optional=True)
    last_at = stored(datetime, "The time that it was last due for.", optional=True)
    last_run_id = stored(ID, "The id of the run that it last started.", optional=True)
    last_problem = stored(str, "Why it started none at that time; null where it did.", optional=True)
    application = one("applications.Application", incoming("HAS_SCHEDULE"), "What it deploys.")
    environment = one("environments.Environment", outgoing("DEPLOYS_TO"), "Where it deploys to.", write=Write.ALWAYS)
