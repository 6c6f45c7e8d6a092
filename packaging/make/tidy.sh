#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over one file, unless the same text was found good before.
#
#	tidy.sh STAMP SOURCE FLAGS...
#
# The stamp holds a sum over the flags, the configuration, the file and the headers of ours that it
# includes: a fresh time stamp alone costs nothing. Beside it stand the dependencies for make.
set -eu
stamp=$1
source=$2
shift 2

clang-19 "$@" -MM -MP -MT "$stamp" -MF "${stamp%.ok}.d" "$source"
files=$(clang-19 "$@" -MM "$source" | sed 's/^[^ ]*://; s/\\$//')
# shellcheck disable=SC2086 # the file names of the tree hold no spaces
sum=$({ echo "$@"; cat .clang-tidy $files; } | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then
	touch "$stamp"
	exit 0
fi

echo "  TIDY $source"
if ! clang-tidy-19 --quiet "$source" -- "$@" > "$stamp.out" 2>&1; then
	cat "$stamp.out"
	rm -f "$stamp" "$stamp.out"
	exit 1
fi
rm -f "$stamp.out"
echo "$sum" > "$stamp"
