#!/bin/sh
# Words that a comment of the product does not have, since each stood for several precise ones
# (CONTRIBUTING.md, "Comments and messages"). Words in `backticks` or "quotes" are names and pass.
. "$(dirname "$0")/lib.sh"

check() { # root
    cd "$1" || exit
    sources . '*.c' '*.h' | grep -v '^test/' >"$scratch/files" || true
    while read -r file; do
        awk '
        {
            rest = $0
            text = ""
            while (rest != "") {
                if (inside) {
                    at = index(rest, "*/")
                    text = text " " (at ? substr(rest, 1, at - 1) : rest)
                    rest = at ? substr(rest, at + 2) : ""
                    inside = !at
                } else if (match(rest, /\/\*|\/\/|"([^"\\]|\\.)*"|\047([^\047\\]|\\.)*\047/)) {
                    piece = substr(rest, RSTART, RLENGTH)
                    rest = substr(rest, RSTART + RLENGTH)
                    if (piece == "/*") inside = 1
                    else if (piece == "//") { text = text " " rest; rest = "" }
                } else rest = ""
            }
            gsub(/`[^`]*`|"[^"]*"/, "", text)
            text = " " tolower(text) " "
            gsub(/[^a-z]+/, " ", text)
            if (text ~ / said /) found("said", "configured, reported, or: after an error message")
            if (text ~ / told /) found("told", "reported, logged, delivered or received")
            if (text ~ / that which /) found("that which", "the noun")
            if (text ~ / whoever /) found("whoever", "the noun")
            if (text ~ / whom /) found("whom", "the noun")
        }
        function found(word, better) {
            print FILENAME ":" FNR ": \"" word "\" in a comment; write " better
        }' "$file"
        # A list of callers goes stale, and a search finds them.
        awk '/\/\*/ { head = 1 } head { text = text $0 } /\*\// { exit }
            END { gsub(/ \* /, " ", text)
                if (text ~ /Called by [^.;]*[a-z]\.c[^a-z]/) print FILENAME ": names its callers in its head" }' "$file"
    done <"$scratch/files" >"$scratch/findings"
    report "$scratch/findings"
}

refuses() { # path, line
    printf '%s\n' "$2" | sample "$1"
    refused "$1: $2"
}

accepts() {
    printf '%s\n' "$2" | sample "$1"
    accepted "$1: $2"
}

self_test() {
    refuses core/a.c '/* a.c - makes. Called by b.c. */'
    refuses core/a.c "$(printf '/*\n * a.c - makes. Called by\n * engine/b.c and c.c; owns nothing.\n */')"
    accepts core/a.c '/* a.c - makes. Called by the engine, once a turn; see b.c. */'
    refuses core/a.c '/* 0, or the exit code, said. */'
    refuses core/a.c 'int x; // the caller was told'
    refuses backends/a.h '/* one */ int x; /* Told once. */'
    refuses frontends/http/a.c '/* That which comes first. */'
    refuses cli/a.c "$(printf '/*\n * the one\n * whom it asks\n */')"
    refuses bench/load/a.c 'char c = 34; /* whoever asks */'
    refuses docs/examples/a.c 'say("/*"); /* as said */'
    accepts core/a.c 'say("said /* told */"); int told; /* `told`: "as said" */'
    accepts core/a.c "char c = '\"'; told(said); /* untold */"
    accepts test/unit/a.c '/* what the mock said */'
}

lint_main "$@"
