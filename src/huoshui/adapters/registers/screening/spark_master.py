"""Where a Spark cluster is asked for (集群地址): known before the work begins, and whether anybody is there."""

import re
import socket
from typing import Final

from huoshui.errors import BadRequest, ScreeningError

_HOST: Final = r"(?:\[[0-9A-Fa-f:]+\]|[^\s,:/\[\]]+):\d{1,5}"
_MASTER: Final = re.compile(
    rf"local(?:\[(?:\*|[1-9]\d*)(?:,\d+)?\])?|local-cluster\[\d+,\d+,\d+\]|yarn|k8s://\S+|spark://({_HOST}(?:,{_HOST})*)"
)
_SECONDS_TO_ANSWER: Final = 5


def check_master(master: str) -> None:
    """Whether a Spark master can be asked (检查集群地址).

    Raises BadRequest for what is no address of one, ScreeningError where nobody listens: Spark itself would try for a minute
    and then fill the screen.
    """
    found = _MASTER.fullmatch(master)
    if found is None:
        raise BadRequest(
            f"{master!r} is no Spark master; expected such as local[2], spark://host:7077, yarn or k8s://https://host:443",
            field="spark-master",
        )
    hosts = [x.rpartition(":") for x in found[1].split(",")] if found[1] else []
    if hosts and not any(_listens(host.strip("[]"), int(port)) for host, _, port in hosts):
        raise ScreeningError(f"no Spark master answers at {master}; is it running?", field="spark-master")


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=_SECONDS_TO_ANSWER).close()
    except (OSError, OverflowError, UnicodeError):
        return False
    return True
