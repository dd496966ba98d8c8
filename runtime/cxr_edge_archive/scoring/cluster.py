"""Ray, started on this computer or joined where it runs, and ended so that nothing is left behind."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TextIO

import psutil

from cxr_edge.errors import CxrEdgeError
from cxr_edge.film.quiet import decoders_silenced

GRACE = 15.0
"""Seconds that processes of a local Ray get to end by themselves."""
LOCAL_STORE = 100 * 2**20
"""Bytes of shared memory for a local Ray. Only numbers of chunks travel through it."""
LEAST_CPUS = 2
"""Of a node. With one, Ray may have no processor left for what it does itself, and waits without a word."""


@dataclass(frozen=True)
class Cluster:
    """What there is to work with.

    Attributes:
        cpus: scoring processes to run at once.
        nodes: computers.
        narrow: of these, how many have fewer than `LEAST_CPUS`.
        errors: our own standard error, while Ray's words go nowhere.
    """

    cpus: int
    nodes: int
    narrow: int
    errors: TextIO


@contextmanager
def cluster(address: str | None, workers: int | None) -> Iterator[Cluster]:
    """Start a Ray of our own, or join one, while this lasts.

    Args:
        address: of a running one, ``auto`` or ``HOST:PORT``; None for a new one on this computer alone.
        workers: scoring processes; by default one for each processor.

    Raises:
        CxrEdgeError: there is no such Ray, or it has too few processors.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_worker_niceness", "0")  # of its processes: not behind everything else that runs here
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # else it warns of a change to come
    import ray

    before = _children()
    with _ray_silenced() as errors, TemporaryDirectory(prefix="cxr-", ignore_cleanup_errors=True) as notes:
        try:
            if address is None:
                workers = cpus = workers or _own_cpus()
                ray.init(
                    address="local", num_cpus=max(cpus, LEAST_CPUS), num_gpus=0, include_dashboard=False,
                    object_store_memory=LOCAL_STORE, _node_ip_address="127.0.0.1", log_to_driver=False,
                    logging_level=logging.CRITICAL, _temp_dir=notes,
                )  # fmt: skip
            else:
                ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise CxrEdgeError(f"{address or 'ray'}: found no Ray that answers ({reason}); expected one") from None
        try:
            yield _measured(workers, errors)
        finally:
            ours = [child for child in _children() if child not in before]
            ray.shutdown()
            _end(ours)


def _measured(workers: int | None, errors: TextIO) -> Cluster:
    import ray

    nodes = [node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]]
    with_cpus = [int(cpus) for cpus in nodes if cpus >= 1]
    total = sum(with_cpus)
    if total < LEAST_CPUS:
        raise CxrEdgeError(f"ray: found {total} processors in all; expected at least {LEAST_CPUS}")
    narrow = sum(cpus < LEAST_CPUS for cpus in with_cpus)
    return Cluster(min(workers or total, total), len(with_cpus), narrow, errors)


def _children() -> list[psutil.Process]:
    return list(psutil.Process().children(recursive=True))


def _end(processes: list[psutil.Process]) -> None:
    """Wait until they have ended, as Ray has told them to; make them after a while."""
    for process in psutil.wait_procs(processes, timeout=GRACE)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=GRACE)


def _own_cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _ray_silenced() -> Iterator[TextIO]:
    """Ray prints what befalls its processes to our output; what matters of it is said in our own words.

    While this lasts, `decoders_silenced` has closed what ``sys.stderr`` was; `Cluster.errors` still arrives.
    """
    with ExitStack() as stack:
        stack.enter_context(decoders_silenced())  # what its C++ parts write themselves
        ours = sys.stderr
        nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
        stack.enter_context(redirect_stdout(nowhere))
        stack.enter_context(redirect_stderr(nowhere))
        yield ours
