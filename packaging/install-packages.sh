#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs from Debian what a list names and the machine lacks. One package a line, its reason
# behind '#'. A line "a|b" takes the first of the two that this Debian has.
#
#	install-packages.sh LIST...
set -eu

cd "$(dirname "$0")"
fail() { echo "parvis: $*" >&2; exit 1; }
command -v apt-get > /dev/null || fail "this needs Debian 12 or 13 (apt-get was not found)"

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo > /dev/null; then sudo "$@"; else
        fail "installing packages needs root; run this as root or install sudo"
    fi
}
installed() { dpkg-query -W -f '${db:Status-Status}\n' "$1" 2> /dev/null | grep -qx installed; }

# node and npm may come from somewhere else than Debian: then Debian's would only conflict.
provided() {
    case $1 in nodejs) command -v node ;; npm) command -v npm ;; *) false ;; esac > /dev/null
}

missing=
for list in "$@"; do
    # shellcheck disable=SC2013 # a name holds no blanks
    for package in $(sed 's/#.*//' "packages/$list"); do
        found=
        for one in $(echo "$package" | tr '|' ' '); do
            if installed "$one" || provided "$one"; then found=$one; fi
        done
        [ -n "$found" ] || missing="$missing $package"
    done
done
[ -n "$missing" ] || exit 0

echo "parvis: installing from Debian:$missing"
export DEBIAN_FRONTEND=noninteractive
as_root apt-get update -qq || fail "apt-get update failed; check the network and /etc/apt"
choose=
for package in $missing; do
    for one in $(echo "$package" | tr '|' ' '); do
        if apt-cache show "$one" > /dev/null 2>&1; then choose="$choose $one"; break; fi
    done
done
# shellcheck disable=SC2086 # the list is meant to be split
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $choose \
    > /tmp/parvis-apt.$$ 2>&1 || { tail -n 5 /tmp/parvis-apt.$$ >&2; fail "apt-get install failed (above)"; }
rm -f /tmp/parvis-apt.$$
