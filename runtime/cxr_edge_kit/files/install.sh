#!/bin/sh
# Installs cxr-edge from this folder, without a network and without being root:
#
#   sh install.sh [PREFIX]      PREFIX: a folder for the program (default: ~/cxr-edge)
#
# It finds a Python {{ python }} and lets install.py do the rest. PYTHON=/path/to/python sh install.sh takes that one.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

fail() {
    echo "install.sh: $1" >&2
    exit 1
}

# First the files that check all others.
if command -v sha256sum >/dev/null 2>&1; then
    hash() { sha256sum "$1"; }
elif command -v shasum >/dev/null 2>&1; then
    hash() { shasum -a 256 "$1"; }
else
    hash() { echo unknown; }
fi
check() {
    [ -f "$here/$1" ] || fail "$1: missing. Copy the kit again."
    found=$(hash "$here/$1" | cut -d ' ' -f 1)
    [ "$found" = "$2" ] || [ "$found" = unknown ] || fail "$1: changed. Copy the kit again."
}
{% for name, sha256 in first %}
check {{ name }} {{ sha256 }}
{% endfor %}

version='import sys; print("%d.%d" % sys.version_info[:2])'
others=
for python in ${PYTHON:+"$PYTHON"} python{{ python }} python3 python; do
    found=$("$python" -c "$version" 2>/dev/null) || continue
    if [ "$found" = {{ python }} ]; then
        exec "$python" -I -B "$here/install.py" "$@"
    fi
    others="$others $python is $found;"
done
fail "found no Python {{ python }}${others:+ (${others# })}. Install it from your system's packages, or make a kit for another."
