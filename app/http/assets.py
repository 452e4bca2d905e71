"""The console's files: hashed ones may be kept for ever, the page itself is asked for again."""

from __future__ import annotations

from os import PathLike, stat_result

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope


class Assets(StaticFiles):
    """Serves a folder that Vite has built, with `index.html` for the root."""

    def __init__(self, directory: PathLike[str]) -> None:
        super().__init__(directory=directory, html=True)

    def file_response(
        self, full_path: PathLike[str] | str, stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """A file with the time it may be kept: what lies in `assets/` carries its content's hash in its name."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = str(scope["path"]).startswith("/assets/")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response
