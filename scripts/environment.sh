# Sourced by the other scripts: finds or fetches uv, and installs the project into .venv.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

find_python() {
    local name
    for name in python3 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    echo "Python 3.11 or newer is needed, and was not found." >&2
    return 1
}

PYTHON=$(find_python) || exit 1
UV=$(command -v uv || "$PYTHON" scripts/fetch_uv.py) || exit 1
export UV

install_project() {
    "$UV" sync --frozen --all-extras --quiet --python "$PYTHON" || exit 1
}

in_project() {
    "$UV" run --frozen --no-sync "$@"
}
