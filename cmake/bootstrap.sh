#!/bin/sh
# From a bare Debian to a built, tested or demonstrated Glimpse:
#
#     sh cmake/bootstrap.sh build|demo|test [--all]
#
# Needs only what every Debian has (dash, coreutils, dpkg, apt). Installs the packages that are
# missing, as root or through sudo, and says which before it does; where nothing is missing it
# changes nothing outside build/. A step that succeeds is one line; of one that fails the whole log
# is shown.
set -eu
cd "$(dirname "$0")/.."

. cmake/packages.sh
mock=

usage() {
    cat >&2 <<'END'
usage: sh cmake/bootstrap.sh COMMAND

  build   install what is missing and build the program: build/release/glimpse
  test    the same for developers, and run the tests, twice: once with the sanitizers.
          What a check needs that few have (clang, Prometheus, Chromium) is used where it
          is installed; what is left out without it is said. --all installs all of it, and
          leaves nothing out
  demo    build, then summarize the descriptions of the packages on this machine;
          with OPENAI_API_KEY set the real endpoint is asked, without it a mock answers
END
    exit 64
}

# What this run leaves out for want of a program, a line each; the tests that need it are skipped.
left_out() {
    command -v clang >/dev/null || say "  no clang: the second run, with the sanitizers"
    command -v c++ >/dev/null || say "  no c++: the check that each header compiles alone, as C++ too"
    command -v clang-format >/dev/null || command -v clang-format-19 >/dev/null ||
        say "  no clang-format: the check of the format"
    command -v promtool >/dev/null || say "  no prometheus: the checks of --metrics by a real Prometheus"
    command -v chromium >/dev/null || say "  no chromium: the check of bench's page in a browser"
    command -v nginx >/dev/null && command -v haproxy >/dev/null ||
        say "  no nginx or no haproxy: glimpse serve behind them"
    command -v node >/dev/null || say "  no node: the HTTP server's parser against llhttp"
}

say_left_out() { # what is left out
    [ -n "$1" ] || return 0
    say ""
    say "Left out (sh cmake/bootstrap.sh test --all installs what they need):"
    say "$1"
}

run_tests() { # preset
    say ""
    say "Tests, $1:"
    failed=
    ctest --preset "$1" --no-tests=error --parallel "$jobs" </dev/null || failed=yes
    say ""
    say "Fault rows (docs/faults.md), $1:"
    cat "build/$1/fault-table.txt" || failed=yes
    [ -z "$failed" ] || fail 1 "tests failed in build/$1"
}

# --- the demonstration -----------------------------------------------------------------------------

stop_mock() {
    [ -n "$mock" ] || return 0
    kill "$mock" 2>/dev/null || true
    wait "$mock" 2>/dev/null || true
    mock=
}

start_mock() { # sets base_url
    rm -f build/demo/mock.pipe
    mkfifo build/demo/mock.pipe
    build/release/glimpse mock --latency lognormal:1400ms:2500ms \
        >build/demo/mock.pipe 2>build/demo/mock.log &
    mock=$!
    trap stop_mock EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    # Its first line names the port it found free; reading waits for just that. Descriptor 3 stays
    # open, so that whatever it prints later has a reader.
    exec 3<build/demo/mock.pipe
    IFS= read -r listening <&3 || listening=
    base_url=${listening##* }
    case "$base_url" in
    http://127.0.0.1:*) ;;
    *)
        cat build/demo/mock.log
        fail 70 "the mock server did not start"
        ;;
    esac
}

ids_of() { # the custom_id of each line; quotes inside texts are escaped, so this finds no other
    sed -n 's/^.*"custom_id":"\([^"]*\)".*$/\1/p' "$1" | LC_ALL=C sort
}

show_records() { # the first three, as a person reads them
    head -n 3 "$1" | LC_ALL=C awk '
    function field(name,    text) {
        if (!match($0, "\"" name "\":\"([^\"\\\\]|\\\\.)*\"")) return ""
        text = substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5)
        gsub(/\\n|\\t/, " ", text)
        gsub(/\\"/, "\"", text)
        return text
    }
    { printf "\n%s (%s, %s)\n%s\n", field("custom_id"), field("status"), field("source"), field("sample") }
    ' | fold -s -w 78
}

demo() {
    mkdir -p build/demo
    drafts=build/demo/drafts.jsonl
    out=build/demo/out.jsonl
    summary=build/demo/summary.json
    limit=500
    [ -z "${OPENAI_API_KEY-}" ] || limit=20

    sh docs/examples/package-descriptions.sh --limit "$limit" >"$drafts"
    count=$(wc -l <"$drafts")
    say ""
    if [ -n "${OPENAI_API_KEY-}" ]; then
        say "OPENAI_API_KEY is set: $count drafts go to ${OPENAI_BASE_URL:-https://api.openai.com/v1}, at your cost."
        set --
    else
        start_mock
        say "No OPENAI_API_KEY: a mock server at $base_url answers, as late as a real one (median 1.4 s)."
        say "The answers are simulated; no model is asked. Everything between here and there is real."
        set -- --base-url "$base_url"
        # A proxy of this machine's has no part in what stays on it.
        NO_PROXY=127.0.0.1
        export NO_PROXY
    fi
    say "The job: one sentence for each of $count package descriptions of this machine."
    say ""
    code=0
    build/release/glimpse batch "$drafts" -o "$out" --overwrite --sampler openai \
        --summary "$summary" "$@" || code=$?
    stop_mock
    [ "$code" -eq 0 ] || [ "$code" -eq 1 ] || fail "$code" "glimpse batch ended with exit code $code"

    ids_of "$drafts" >build/demo/asked
    ids_of "$out" >build/demo/answered
    if [ "$(wc -l <"$out")" -ne "$count" ] || ! cmp -s build/demo/asked build/demo/answered; then
        fail 70 "not every draft has exactly one record: compare build/demo/asked and answered"
    fi
    say ""
    say "$count drafts, $count records. Three of them:"
    show_records "$out"
    say ""
    say "All of it: $drafts (asked), $out (answered), $summary"
    [ "$code" -eq 0 ] || fail "$code" "some drafts failed; each has its record, with the reason"
}

# --- commands --------------------------------------------------------------------------------------

case "$*" in
build | demo)
    # shellcheck disable=SC2086
    install_packages "the build" $build_packages
    build release
    say "The program: build/release/glimpse"
    [ "$1" = build ] || demo
    ;;
test | 'test --all')
    if [ $# -eq 1 ]; then
        optional_packages=
    else
        export GLIMPSE_TEST_ALL=1 # a test that is skipped fails
    fi
    # shellcheck disable=SC2086
    install_packages "the test run" $build_packages $test_packages $optional_packages
    left_out=$(left_out)
    say_left_out "$left_out"
    build dev
    ! command -v clang >/dev/null || build asan
    run_tests dev
    ! command -v clang >/dev/null || run_tests asan
    say_left_out "$left_out"
    ;;
*) usage ;;
esac
