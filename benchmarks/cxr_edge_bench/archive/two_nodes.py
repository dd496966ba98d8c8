"""Two nodes and a store that fails now and then; drivers and nodes are killed, and every film has one result."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from pyarrow import fs

from cxr_edge import Classifier
from cxr_edge.film.folder import films_in
from cxr_edge_archive.looking.results_folder import tables
from cxr_edge_archive.places import Place, Stores
from cxr_edge_archive.scoring.archive_films import score
from cxr_edge_bench.archive.failing_store import FailingStore
from cxr_edge_bench.archive.running_command import Running, ran
from cxr_edge_bench.checkout import films_folder

BUCKET = "archive"
FAILING = 0.02
BROKEN = 0.01
_PUTS = 8
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}


def run(objects: int, driver_kills: int, node_kills: int, seed: int) -> dict[str, Any]:
    """Score `objects` while drivers and nodes die, then hold the results against the manifest and against predict.

    Args:
        objects: films under new keys; one in a hundred is cut in half.
        driver_kills: of the command, by SIGKILL.
        node_kills: of a node with all its processes; another comes some seconds later.
        seed: of what is broken and when something dies.
    """
    source = films_folder()
    if source is None:
        return {"left_out": "set CXR_EDGE_DATA to the folder that holds chest_xray/", "passed": None}
    os.environ.update(_CREDENTIALS, RAY_USAGE_STATS_ENABLED="0", RAY_worker_niceness="0")
    pick = random.Random(seed)
    films = [film.read_bytes() for film in films_in(source)[:: max(1, 5856 // objects)]]
    with _moto() as store, FailingStore(store, FAILING, seed) as failing, _cluster() as cluster:
        broken = _fill(store, films, objects, pick)
        manifest, results = f"s3://{BUCKET}/films.parquet", f"s3://{BUCKET}/results"
        listed = ran("manifest", f"s3://{BUCKET}/films", "--out", manifest, "--endpoint", failing.url)
        asked = ["score", manifest, "--out", results, "--address", cluster.address, "--endpoint", failing.url]
        asked += ["--batch", max(10, objects // 100), "--format", "json"]
        begin = time.perf_counter()
        left_behind, told = _killed(asked, store, cluster, objects, driver_kills, node_kills, pick)
        last = ran(*asked)
        while last.status not in (0, 1) or json.loads(last.out)["left"]:  # a store may fail for longer than we wait
            told["runs_to_finish"] += 1
            if told["runs_to_finish"] > 5:
                break
            last = ran(*asked)
        seconds = time.perf_counter() - begin
        checked = ran("check", manifest, results, "--endpoint", store, "--format", "json")
        found = json.loads(checked.out)
        unlike = _unlike_predict(results, store, films, broken)
        requests, failed = failing.requests, failing.failed
    return {
        "objects": objects, "broken": len(broken), "driver_kills": driver_kills, "node_kills": told["node_kills"],
        "runs_to_finish": told["runs_to_finish"], "requests": requests, "requests_failed": failed,
        "seconds": seconds, "listing": listed.to_dict(), "last_run": last.to_dict(), "check": found,
        "rows_unlike_predict": unlike, "processes_left_behind": left_behind + last.left_behind,
        "passed": found["passed"] and found["films"] == objects and found["unreadable"] == len(broken)
        and unlike == 0 and not (left_behind + last.left_behind) and told["node_kills"] == node_kills,
    }  # fmt: skip


def _killed(
    asked: list[Any], store: str, cluster: Any, objects: int, driver_kills: int, node_kills: int, pick: random.Random
) -> tuple[int, dict[str, int]]:
    """Kill a driver each time a share of the films is done; nodes in some of these runs."""
    told = {"node_kills": 0, "runs_to_finish": 1}
    left_behind = 0
    files = max(1, -(-objects // max(10, objects // 100)))
    for kill in range(driver_kills):
        running = Running(*asked)
        wanted = files * (kill + 1) // (driver_kills + 2)
        node_at = files * (2 * kill + 1) // (2 * (driver_kills + 2)) if told["node_kills"] < node_kills else None
        while running.process.poll() is None and (done := _files(store)) < wanted:
            if node_at is not None and done >= node_at:
                cluster.remove_node(cluster.list_all_nodes()[-1], allow_graceful=False)
                told["node_kills"] += 1
                node_at = None
                time.sleep(pick.uniform(1, 5))
                cluster.add_node(num_cpus=2)
            time.sleep(0.5)
        time.sleep(pick.uniform(0, 1))  # in the middle of a chunk, or of its write
        running.kill()
        left_behind += running.end().left_behind
    return left_behind, told


def _files(store: str) -> int:
    found = fs.S3FileSystem(endpoint_override=store).get_file_info(
        fs.FileSelector(f"{BUCKET}/results", allow_not_found=True)
    )
    return sum(one.base_name.endswith(".parquet") for one in found)


def _fill(store: str, films: list[bytes], objects: int, pick: random.Random) -> set[int]:
    """Put the objects; the numbers of those that are cut in half."""
    broken = set(pick.sample(range(objects), max(1, round(BROKEN * objects))))
    reached = fs.S3FileSystem(endpoint_override=store, allow_bucket_creation=True)
    reached.create_dir(BUCKET)

    def put(number: int) -> None:
        data = films[number % len(films)]
        with reached.open_output_stream(f"{BUCKET}/films/{number % 20}/{number}.jpeg") as stream:
            stream.write(data[: len(data) // 2] if number in broken else data)

    with ThreadPoolExecutor(_PUTS) as pool:
        list(pool.map(put, range(objects)))
    return broken


def _unlike_predict(results: str, store: str, films: list[bytes], broken: set[int]) -> int:
    """Rows that differ in any bit from the answer of the classifier that ``predict`` uses, for the same bytes."""
    classifier = Classifier.load()
    known: dict[tuple[int, bool], dict[str, Any]] = {}
    unlike = 0
    names = ["uri", "probability", "logit", "decision", "quality", "error", "sha256", "age_known"]
    for part in tables(results, names, Stores(store)):
        for row in part.to_pylist():
            number = int(row["uri"].rpartition("/")[2].partition(".")[0])
            key = number % len(films), number in broken
            if key not in known:
                data = films[key[0]]
                film = "film", data[: len(data) // 2] if key[1] else data
                known[key] = score(classifier, [film], False)[0].to_dict()
            theirs = known[key]
            error = (
                (theirs["error"] or "film").replace("film", Place.of(row["uri"]).name, 1) if theirs["error"] else None
            )
            unlike += any(row[name] != theirs[name] for name in names[1:5] + names[6:]) or row["error"] != error
    return unlike


@contextmanager
def _moto() -> Iterator[str]:
    """URL of a server of its own process that speaks S3."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@contextmanager
def _cluster() -> Iterator[Any]:
    """A head without processors, and two nodes of two."""
    from ray.cluster_utils import Cluster

    store = {"object_store_memory": 100 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **store})
    try:
        for _ in range(2):
            cluster.add_node(num_cpus=2, **store)
        cluster.wait_for_nodes()
        yield cluster
    finally:
        cluster.shutdown()


def table(result: dict[str, Any]) -> str:
    """The result in some lines."""
    found = result["check"]
    return (
        f"{result['objects']} objects, {result['broken']} broken; {result['driver_kills']} drivers and "
        f"{result['node_kills']} nodes killed, {result['requests_failed']} of {result['requests']} requests failed\n"
        f"manifest {found['films']}, rows {found['results']}, unique {found['unique']}, errors {found['unreadable']}; "
        f"{result['rows_unlike_predict']} unlike predict; {result['seconds']:.0f} s"
    )
