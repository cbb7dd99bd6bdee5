"""The manifest of a close as JSON: what it was made from, and digests of all it wrote."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

from tokenbooks.archive.month import FileRecord, Manifest
from tokenbooks.periods import Period


def digest_of(data: bytes) -> str:
    """SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def manifest_text(manifest: Manifest) -> str:
    """The manifest as JSON; equal manifests give equal bytes."""
    document = {
        "tokenbooks": manifest.version,
        "book": manifest.book,
        "period": str(manifest.period),
        "journal": manifest.journal,
        "currency": manifest.currency,
        "totals": dict(manifest.totals),
        "inputs": {
            "files": [_file_document(record) for record in manifest.files],
            "rows": {name: list(rows) for name, rows in manifest.rows.items()},
            "documents": dict(manifest.documents),
            "readings": dict(sorted(manifest.readings.items())),
            "daily": dict(manifest.daily),
        },
        "unpriced": list(manifest.unpriced),
        "declares": {name: list(names) for name, names in manifest.declares.items()},
        "accounts": dict(sorted(manifest.accounts.items())),
        "outputs": dict(sorted(manifest.outputs.items())),
        "previous": manifest.previous,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def parse_manifest(text: str) -> Manifest:
    """Read a manifest; raises ValueError or KeyError where it is not one."""
    document = json.loads(text)
    inputs = document["inputs"]
    return Manifest(
        version=document["tokenbooks"],
        book=document["book"],
        period=Period.parse(document["period"]),
        journal=document["journal"],
        currency=document["currency"],
        files=tuple(_file_record(record) for record in inputs["files"]),
        rows={name: tuple(rows) for name, rows in inputs["rows"].items()},
        daily=dict(inputs["daily"]),
        documents=dict(inputs["documents"]),
        totals=dict(document["totals"]),
        declares={name: tuple(names) for name, names in document["declares"].items()},
        accounts=dict(document["accounts"]),
        unpriced=tuple(document["unpriced"]),
        outputs=dict(document["outputs"]),
        previous=document["previous"],
        readings=dict(inputs.get("readings", {})),
    )


def _file_document(record: FileRecord) -> dict[str, Any]:
    held = {"held": record.held} if record.held else {}
    return {
        "path": record.path,
        "contract": record.contract,
        "kind": record.kind,
        "size": record.size,
        "sha256": record.sha256,
        "rows": record.rows,
        "first_day": record.first_day.isoformat() if record.first_day else None,
        "last_day": record.last_day.isoformat() if record.last_day else None,
        **held,
    }


def _file_record(document: dict[str, Any]) -> FileRecord:
    days = {
        name: date.fromisoformat(document[name]) if document[name] else None
        for name in ("first_day", "last_day")
    }
    return FileRecord(
        document["path"],
        document["contract"],
        document["kind"],
        document["size"],
        document["sha256"],
        document["rows"],
        days["first_day"],
        days["last_day"],
        document.get("held", 0),
    )
