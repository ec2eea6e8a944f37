# What the checks in this folder share; read by each of them.
#
# A check is run as `sh NAME.sh ROOT [BUILD]` over a source tree, prints one line for each finding and
# ends with 1 if there is one. `sh NAME.sh --self-test` runs it over small trees made on the spot, to
# show that it refuses what it is there to refuse, and nothing else.
set -eu
export LC_ALL=C
. "${0%/*}/../support/needs.sh"

# Source files below the folders of ours that exist, by name pattern: sources ROOT '*.c' '*.h'
sources() {
    (
        cd "$1"
        shift
        for room in core backends frontends cli bench test docs/examples; do
            [ ! -d "$room" ] || for pattern in "$@"; do find "$room" -type f -name "$pattern"; done
        done | sort -u
    )
}

# Every file of the project that a person wrote, wherever it stands.
written_files() {
    (
        cd "$1"
        find . -type d \( -name .git -o -name build -o -name out \) -prune -o -type f \
            ! -path './test/fuzz/corpus/*' ! -name .git -print | sed 's,^\./,,' | sort
    )
}

# Ends a check: with 1 if the file given holds findings, which it prints.
report() {
    [ -s "$1" ] || return 0
    cat "$1"
    return 1
}

# --- self-test -------------------------------------------------------------------------------------

fresh_tree() {
    rm -rf "$tree"
    mkdir -p "$tree"
}

sample() { # path; content from stdin
    mkdir -p "$(dirname "$tree/$1")"
    cat >"$tree/$1"
}

refused() { # claim; the tree is then empty again
    if (check "$tree") >"$scratch/said" 2>&1; then
        echo "self-test: not refused: $1"
        exit 1
    fi
    if [ ! -s "$scratch/said" ]; then
        echo "self-test: refused without a word: $1"
        exit 1
    fi
    fresh_tree
}

accepted() {
    if ! (check "$tree") >"$scratch/said" 2>&1; then
        echo "self-test: refused: $1"
        cat "$scratch/said"
        exit 1
    fi
    fresh_tree
}

lint_main() { # the script's arguments
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    if [ "${1-}" = --self-test ]; then
        tree=$scratch/tree
        fresh_tree
        self_test
    else
        check "$@"
    fi
}
