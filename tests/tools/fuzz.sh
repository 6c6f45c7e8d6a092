#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs each fuzz target for so many seconds from its kept corpus, on all cores.
#
#	fuzz.sh SECONDS
#
# New inputs stay in build/fuzz-corpus; an input that breaks something is printed and kept there.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=$1
export seconds

one() {
    target=$1
    name=$(basename "$target" | sed 's/^fuzz_//')
    mkdir -p "build/fuzz-corpus/$name" "tests/fuzz/corpus/$name"
    log=build/fuzz-corpus/$name.log
    if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
        -artifact_prefix="build/fuzz-corpus/$name-" \
        "build/fuzz-corpus/$name" "tests/fuzz/corpus/$name" > "$log" 2>&1; then
        echo "ok   $name $(grep -c . "$log") lines, $(sed -n 's/.*stat::number_of_executed_units: //p;s/^Done \([0-9]*\) runs.*/\1 runs/p' "$log" | tail -n 1)"
    else
        echo "FAIL $name"
        tail -n 30 "$log"
        return 1
    fi
}

if [ "${2:-}" != "" ]; then
    one "$2"
    exit
fi
find build/fuzz/fuzz -type f -name 'fuzz_*' -perm -u+x | sort |
    xargs -r -P "$(nproc)" -n 1 "$0" "$seconds"
