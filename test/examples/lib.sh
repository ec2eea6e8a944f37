# Shared by the checks of the examples. Run as `sh NAME.sh ROOT BUILD`. None of them may reach
# beyond this machine: what the environment says about endpoints and proxies is dropped.
set -eu
root=$(cd "$1" && pwd)
build=$(cd "$2" && pwd)
examples=$build/docs/examples
unset OPENAI_API_KEY OPENAI_BASE_URL OPENAI_ORG_ID OPENAI_PROJECT_ID GLIMPSE_USE_OPENAI \
    GLIMPSE_MODEL GLIMPSE_THRESHOLDS HTTP_PROXY HTTPS_PROXY http_proxy https_proxy
export NO_PROXY='*'
scratch=$(mktemp -d)
mock=
cleanup() {
    [ -z "$mock" ] || kill "$mock" 2>/dev/null || true
    rm -rf "$scratch"
}
trap cleanup EXIT

. "${0%/*}/../support/needs.sh"

die() {
    echo "$*" >&2
    exit 1
}

# Starts the mock with the options given; OPENAI_BASE_URL then points to it.
start_mock() {
    mkfifo "$scratch/listening"
    "$build/glimpse" mock "$@" >"$scratch/listening" &
    mock=$!
    exec 3<"$scratch/listening"
    IFS= read -r line <&3 || die "the mock did not start"
    export OPENAI_BASE_URL="${line##* }"
}

# The lines of a file fit the patterns given, one a line, no more and no fewer.
lines_fit() { # file, patterns...
    file=$1
    shift
    [ "$(wc -l <"$file")" -eq $# ] || { cat "$file"; die "expected $# lines"; }
    n=0
    for pattern in "$@"; do
        n=$((n + 1))
        sed -n "${n}p" "$file" | grep -qE "$pattern" || { cat "$file"; die "line $n is not: $pattern"; }
    done
}
