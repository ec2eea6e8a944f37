#!/bin/sh
# What is put into a file is there when the file is opened again, by this process or the next.
. "$(dirname "$0")/lib.sh"

for run in first second; do
    "$examples/example_store_alone" "$scratch/store" >"$scratch/out"
    lines_fit "$scratch/out" '^put: on file$' '^Yes, '
done
