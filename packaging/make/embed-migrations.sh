#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints a C table of <program>/store/migrations/NNN_name.sql, in order, for common/db.
set -eu
program=$1
id=$(printf %s "$program" | tr - _)
echo '#include "common/db/db.h"'
echo "extern const struct db_migration ${id}_migrations[];"
echo "extern const size_t ${id}_migrations_count;"
echo "const struct db_migration ${id}_migrations[] = {"
count=0
for file in "$program"/store/migrations/[0-9]*.sql; do
    name=$(basename "$file" .sql)
    number=$(printf %s "${name%%_*}" | sed 's/^0*//')
    echo "{$number, \"$name\","
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$/\\n"/' "$file"
    echo '},'
    count=$((count + 1))
done
echo '};'
echo "const size_t ${id}_migrations_count = $count;"
