"""Zip files in memory."""

import io
import zipfile


def zipped(files, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **{"compression": zipfile.ZIP_DEFLATED, **options}) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()
