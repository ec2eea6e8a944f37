#!/bin/sh
# sh canary.sh FOLDER... - the key of the fault tests is in nothing that their runs wrote: standard
# output and error at log level debug, outputs, summaries, logs.
set -eu
key=$(sed -n 's/^#define CANARY "\(.*\)"$/\1/p' "$(dirname "$0")/batch_run.h")
[ ${#key} -gt 20 ] || { echo "no key to look for" && exit 1; }

found() { # folders
    grep -rlFe "$key" "$@" || :
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf 'before%safter\n' "$key" >"$scratch/leak"
[ -n "$(found "$scratch")" ] || { echo "the search finds nothing" && exit 1; }
files=$(find "$1" -type f -size +0 | wc -l)
[ "$files" -gt 100 ] || { echo "only $files files to search: the fault tests have not run" && exit 1; }
leaks=$(found "$@")
[ -z "$leaks" ] || { echo "the key is in:" && echo "$leaks" && exit 1; }
echo "$files files searched"
