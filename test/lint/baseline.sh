#!/bin/sh
# A commit that raises the count of a case in bench/micro/baseline/ says why, in a line of its message
# that begins with "Baseline: " and has words behind it. What history there is is read; a tree without
# one (an archive) has nothing to say.
. "$(dirname "$0")/lib.sh"

kept=bench/micro/baseline

totals() { # commit, file
    git show "$1:$2" 2>/dev/null | awk '$3 == "total" { print $1, $2 }'
}

# The cases of which a file's count is higher in a commit than in the one before it.
raised() { # commit, file
    totals "$1^" "$2" >"$scratch/before"
    totals "$1" "$2" >"$scratch/after"
    awk 'FILENAME == ARGV[1] { was[$1] = $2; next } ($1 in was) && $2 > was[$1] { printf " %s", $1 }' \
        "$scratch/before" "$scratch/after"
}

check() { # root
    cd "$1" || exit
    git rev-parse --verify -q HEAD >/dev/null 2>&1 || return 0
    git log --format=%H -- $kept | while read -r commit; do
        ! git log -1 --format=%b "$commit" | grep -q '^Baseline: .*[a-z].* ' || continue
        git diff-tree -r --name-only --no-commit-id --diff-filter=M "$commit" -- $kept |
            while read -r file; do
                cases=$(raised "$commit" "$file")
                [ -z "$cases" ] || git log -1 --format="%h %s: raises the baseline of$cases without a reason" "$commit"
            done
    done >"$scratch/findings"
    report "$scratch/findings"
}

commit() { # total, message
    printf '# counts\nkey %s total\nkey 5 f\nline 10 total\n' "$1" | sample $kept/one.txt
    git -C "$tree" init -q 2>/dev/null
    git -C "$tree" add .
    git -C "$tree" -c user.name=test -c user.email=test@example.org commit -q -m "$2"
}

self_test() {
    command -v git >/dev/null || return 0
    commit 100 'Count the key'
    commit 104 'Ask the key twice'
    refused 'a baseline raised without a word'
    commit 100 'Count the key'
    commit 104 'Ask the key twice

Baseline: more'
    refused 'a baseline raised for no reason'
    commit 100 'Count the key'
    commit 104 'Ask the key twice

Baseline: key, because it is asked twice now'
    accepted 'a baseline raised with its reason'
    commit 100 'Count the key'
    commit 96 'Ask the key once'
    accepted 'a lower baseline'
    commit 100 'Count the key'
    accepted 'the first baseline'
    printf 'key 100 total\n' | sample $kept/one.txt
    accepted 'a tree without history'
}

lint_main "$@"
