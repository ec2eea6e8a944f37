#!/bin/sh
# sh all.sh [GLIMPSE] [NAME[:COUNT]...] - what the client must hold against a server that is down, has no
# money left, limits it, or refuses at random: runs each script here against `glimpse mock` and prints the figures, each
# with PASS or FAIL. About two minutes, and about times: for a machine that is not busy, hence not
# among the tests. Exit 0: all of it holds. GLIMPSE: build/release/glimpse unless given.
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/../../build/release/glimpse}
[ $# = 0 ] || shift
program=$(realpath "$program") && [ -x "$program" ] || {
    echo "all.sh: $program is not there; build it or say where it is" >&2
    exit 2
}
[ $# != 0 ] || set -- rate quota outage noise coalesce batch_api
code=0
for name in "$@"; do
    echo "$name:"
    COUNT=
    [ "${name#*:}" = "$name" ] || COUNT=${name#*:}
    export COUNT
    sh "$here/../cli/lib.sh" "$program" "$here/${name%%:*}.sh" || code=1
done
exit $code
