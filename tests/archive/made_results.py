"""Results as a run would write them, without Ray."""

from cxr_edge.results.scoring_processes import ModelChoice
from cxr_edge_archive.listing.manifest import Manifest
from cxr_edge_archive.places import Place, Stores
from cxr_edge_archive.scoring.chunk_scorer import ChunkScorer, Work
from cxr_edge_archive.scoring.run import Run, begin


def work_for(manifest, results, model, batch=5, choice=None):
    """What a scoring process is told."""
    choice = choice or ModelChoice(str(model))
    run = Run.of(Manifest(manifest, Stores()), choice.load(), batch, False)
    return Work(run, Place.of(manifest).uri, Place.of(str(results)).uri, choice, Stores())


def score_here(work):
    """Score all chunks in this process; what the process says of each."""
    scorer = ChunkScorer(work)
    left = begin(work.run, Place.of(work.results), work.stores)
    return list(scorer({"chunk": left}))
