"""What the documentation says of benchmarks, written anew from benchmarks/results."""

import json
from typing import Any

from clones import ROOT


def benchmark(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / f"benchmarks/results/{name}.json").read_text())
    return content


def speed() -> list[str]:
    maps, boxes, changes = (benchmark(name)["ratios"] for name in ("maps", "boxes", "ingredients"))
    rows = [f"| {peer} | {row['median']} | {row['low']} to {row['high']} |" for peer, row in maps.items()]
    for case in dict.fromkeys(name.partition(", ")[2] for name in boxes):
        peers = [boxes[f"{peer}, {case}"]["median"] for peer in ("findContours", "wsolevaluation")]
        rows.append(f"| {case} | {peers[0]} | {peers[1]} |")
    rows += [f"| {change} | {row['median']} | {row['low']} to {row['high']} |" for change, row in changes.items()]
    runs = benchmark("full_scale")["runs"] | benchmark("memory")["runs"]
    # without the runs of the stage that `scores` and `report` have replaced
    runs = {name: run for name, run in runs.items() if "iou" not in name and "idle" not in name}
    return [*rows, *(f"| {name} | {run['seconds']} | {run['gib']} |" for name, run in runs.items())]


def scale() -> list[str]:
    cluster = benchmark("cluster")
    rows = []
    for stage, unit in (("heatmaps", "images"), ("boxes", "heatmaps")):
        row = cluster["speeds"][stage]
        ratio = f"{row['ratio']['median']:.2f} ({row['ratio']['low']:.2f} to {row['ratio']['high']:.2f})"
        rates = f"{row['local_rows_a_second']:,.12g} | {row['cluster_rows_a_second']:,.12g}"
        starts = f"{row['local_start_seconds']} s | {row['cluster_start_seconds']} s"
        rows.append(f"| `{stage}`, {unit} | {rates} | {ratio} | {starts} |")
    peaks = {
        (stage, who): [cluster["gib"][f"{stage}, {images} images"][who] for images in (200, 2000)]
        for stage in ("heatmaps", "boxes")
        for who in ("driver", "actor")
    }
    few, many = ({key: f"{values[place]:.2f}" for key, values in peaks.items()} for place in (0, 1))
    texts = {key: f"{few[key]} and {many[key]}" for key in peaks}
    return [
        *rows,
        *memory_rows(),
        f"the command {texts['heatmaps', 'driver']} in `heatmaps`, {texts['boxes', 'driver']} in `boxes`; the larger "
        f"of the nodes' processes {texts['heatmaps', 'actor']}, {texts['boxes', 'actor']}.",
    ]


def memory_rows() -> list[str]:
    """Peak memory of each stage, with few and with many pictures."""
    runs = benchmark("stage_memory")["runs"]
    rows = []
    for name in (name for name in runs if name.endswith(", 2000 pictures")):
        stage, *rest = name.removesuffix(", 2000 pictures").split(", ")
        gib = [runs[", ".join([stage, *rest, f"{count} pictures"])]["gib"] for count in (2000, 20000)]
        rows.append(f"| {', '.join([f'`{stage}`', *rest])} | {gib[0]:.2f} | {gib[1]:.2f} |")
    return rows
