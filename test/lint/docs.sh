#!/bin/sh
# Every page can be reached, every relative link leads somewhere, and a test, source or command that
# a page names exists.
. "$(dirname "$0")/lib.sh"

check() { # root
    cd "$1" || exit
    : >"$scratch/links"
    written_files . | grep '\.md$' >"$scratch/pages" || true
    {
        while read -r page; do
            # Inline links without a scheme; the fragment is not looked at.
            sed 's/`[^`]*`//g' "$page" | grep -oE '\]\([^) ]+\)' | sed 's/^](//; s/)$//; s/#.*//' |
                grep -vE '^([a-z]+:|$)' | sort -u >"$scratch/targets" || true
            while read -r target; do
                path=$(realpath -m --relative-to=. "$(dirname "$page")/$target")
                echo "$path" >>"$scratch/links"
                [ -e "$path" ] || echo "$page: link to $target, which is not there"
            done <"$scratch/targets"
        done <"$scratch/pages"
        # A page of a mechanism or a decision that nobody links to is not found by anybody.
        grep -E '^docs/' "$scratch/pages" | while read -r page; do
            grep -qxF "$page" "$scratch/links" || echo "$page: no page links to it"
        done
        # Files named in backquotes, by the rooms they would stand in; `core/loop` is loop.c and loop.h.
        while read -r page; do
            grep -oE '`(core|backends|cli|bench|test|docs|cmake)/[A-Za-z0-9_./-]*[A-Za-z0-9_]`' "$page" |
                tr -d '`' | sort -u | while read -r path; do
                [ -e "$path" ] || [ -e "$path.h" ] || [ -e "$path.c" ] || echo "$page: names $path, which is not there"
            done
        done <"$scratch/pages"
        # Tests named in backquotes: `unit.NAME`, `net.NAME:CLAIM`, `cli.NAME`.
        while read -r page; do
            grep -oE '`(unit|engine|net|fault|cli)\.[a-z0-9_]{2,}(:[a-z0-9_]+)?`' "$page" | tr -d '`' | sort -u |
                while IFS=.: read -r kind name claim; do
                    file=test/$kind/$name.c
                    [ "$kind" != cli ] || file=test/cli/$name.sh
                    [ -e "$file" ] || file=test/CMakeLists.txt claim=${claim:-$kind.$name}
                    grep -qF -- "${claim:-}" "$file" 2>/dev/null ||
                        echo "$page: names $kind.$name${claim:+:$claim}, which is not there"
                done
        done <"$scratch/pages"
    } >"$scratch/findings"
    report "$scratch/findings"
}

self_test() {
    echo '[gone](docs/gone.md)' | sample README.md
    refused 'a link that leads nowhere'
    echo 'text' | sample docs/internals/alone.md
    refused 'a page that nobody links to'
    echo 'see `core/gone.c`' | sample README.md
    refused 'a file that is not there'
    echo 'shown by `unit.one:a_claim`' | sample README.md
    refused 'a test that is not there'
    echo 'static void another(void **state)' | sample test/unit/one.c
    echo 'shown by `unit.one:a_claim`' | sample README.md
    refused 'a claim that its test does not make'
    echo 'static void a_claim(void **state)' | sample test/unit/one.c
    echo 'true' | sample test/cli/two.sh
    echo 'shown by `unit.one:a_claim`, `unit.one` and `cli.two`' | sample README.md
    accepted 'tests that are there'
    echo '/* there */' | sample core/loop.c
    echo '`core/loop` [one](docs/one.md) [site](https://example.org/) `core/` `test/unit/NAME.c x`' | sample README.md
    echo '[back](../README.md#top)' | sample docs/one.md
    accepted 'links that lead somewhere'
}

lint_main "$@"
