"""The plots of docs/performance.md, as SVG files that a browser scales."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

FIGURES = Path(__file__).parents[1] / "docs" / "performance"


def draw(result: dict[str, Any]) -> None:
    """Rate against known machines, and latency against load."""
    FIGURES.mkdir(exist_ok=True)
    mpl.rcParams.update({"svg.hashsalt": "tenure", "font.size": 10, "axes.grid": True, "grid.alpha": 0.3})
    _rate_against_known(result["matrix"])
    _latency_against_load(result["matrix"])


def _rate_against_known(rows: list[dict[str, Any]]) -> None:
    figure, axes = plt.subplots(figsize=(7, 4))
    for new, label in ((False, "renewals"), (True, "new machines")):
        chosen = [row for row in rows if not row["keep"] and row["new"] is new and row["connections"] == 64]  # noqa: PLR2004 - of CONNECTIONS
        axes.plot([row["known"] for row in chosen], [row["rate"] for row in chosen], marker="o", label=label)
    axes.set(
        xscale="log", xlabel="machines that the host knows", ylabel="activations a second", ylim=(0, None)
    )
    axes.set_title("Rate against known machines (64 connections, fresh for each request)")
    axes.legend()
    _save(figure, "rate-against-known")


def _latency_against_load(rows: list[dict[str, Any]]) -> None:
    figure, axes = plt.subplots(figsize=(7, 4))
    known = max(row["known"] for row in rows)
    for keep, label in ((False, "fresh connections"), (True, "keep-alive")):
        chosen = [row for row in rows if row["keep"] is keep and not row["new"] and row["known"] == known]
        for share, style in (("p50_ms", "-"), ("p99_ms", "--")):
            axes.plot(
                [row["rate"] for row in chosen],
                [row[share] for row in chosen],
                style,
                marker="o",
                label=f"{label}, {share.removesuffix('_ms')}",
            )
    axes.set(
        xlabel="activations a second, at 1, 16, 64 and 256 connections", ylabel="milliseconds", yscale="log"
    )
    axes.set_title(f"Latency against load ({known:,} known machines, renewals)")
    axes.legend()
    _save(figure, "latency-against-load")


def _save(figure: Any, name: str) -> None:
    figure.tight_layout()
    figure.savefig(FIGURES / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)
