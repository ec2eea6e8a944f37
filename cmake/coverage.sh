#!/bin/sh
# Which lines and branches of core/ and backends/ the tests run, by file and in total:
#
#     sh cmake/coverage.sh [LEAST]
#
# Exit 1 when fewer than LEAST percent of the lines ran (90 when it is not given), or a test failed.
# Builds build/coverage with gcc; installs what is missing, as bootstrap.sh does. A branch that only
# a failing assertion takes is not counted. build/coverage/report/index.html shows the lines.
set -eu
cd "$(dirname "$0")/.."
. cmake/packages.sh

least=${1-90}
case "$least" in
'' | *[!0-9]*)
    echo "usage: sh cmake/coverage.sh [LEAST]" >&2
    exit 64
    ;;
esac

# shellcheck disable=SC2086
install_packages "the coverage run" $build_packages $test_packages $optional_packages gcovr
build coverage
find build/coverage -name '*.gcda' -delete # counts add up from run to run
say ""
ctest --preset coverage --no-tests=error --parallel "$jobs" </dev/null ||
    fail 1 "tests failed in build/coverage"

report=build/coverage/report
mkdir -p "$report"
step "read the counts" gcovr --root . --filter core/ --filter backends/ \
    --exclude-branches-by-pattern '.*\bassert\(' \
    --json-summary "$report/summary.json" --html-details "$report/index.html" \
    build/coverage/CMakeFiles/glimpse-objects.dir

say ""
jq -r '
    def row: [.filename, "\(.line_covered)/\(.line_total)", .line_percent,
              "\(.branch_covered)/\(.branch_total)", .branch_percent];
    (["file", "lines", "%", "branches", "%"],
     (.files | sort_by(.filename)[] | row),
     (. + {filename: "total"} | row)) | map(. // "-" | tostring) | join("\t")' \
    "$report/summary.json" |
    awk -F'\t' '{ printf "%-36s %11s %6s %11s %6s\n", $1, $2, $3, $4, $5 }'
jq -e --argjson least "$least" '.line_percent >= $least' "$report/summary.json" >/dev/null ||
    fail 1 "fewer than $least % of the lines ran"
