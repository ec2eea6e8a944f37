#!/bin/sh
# The pages have one form: a page of docs/internals has a title, "What:", and How, Numbers, Limits,
# Tests in this order with something below each, in at most 120 lines; a page of docs/adding has
# "What:" and "Tests:". Text has at most 100 columns: all pages but their tables, headings and code.
. "$(dirname "$0")/lib.sh"

longest=120
widest=100

check() { # root
    cd "$1" || exit
    written_files . | grep -E '^(docs/.*|README|CHANGELOG|CONTRIBUTING)\.md$' >"$scratch/pages" || true
    [ -s "$scratch/pages" ] || return 0
    {
        xargs awk -v widest="$widest" '
        FNR == 1 { code = 0 }
        /^```/ { code = !code; next }
        # Characters, not bytes: a continuation byte of UTF-8 is none.
        { text = $0; gsub(/[\200-\277]/, "", text) }
        !code && !/^\|/ && !/^    / && !/^#/ && length(text) > widest {
            print FILENAME ":" FNR ": " length(text) " columns, more than " widest
        }' <"$scratch/pages"
        grep '^docs/internals/' "$scratch/pages" | while read -r page; do
            awk -v page="$page" -v longest="$longest" '
            function ended() {
                if (part != "" && !filled) print page ": nothing below \"## " part "\""
            }
            FNR == 1 { if ($0 !~ /^# /) print page ": no title" }
            FNR == 3 { if ($0 !~ /^What: /) print page ": does not begin with What:" }
            /^```/ { code = !code }
            !code && /^## / {
                ended()
                part = substr($0, 4)
                filled = 0
                parts = parts "/" part
                next
            }
            NF { filled = 1 }
            END {
                ended()
                if (parts != "/How/Numbers/Limits/Tests")
                    print page ": has the parts " parts ", not /How/Numbers/Limits/Tests"
                if (NR > longest) print page ": " NR " lines, more than " longest
            }' "$page"
        done
        grep '^docs/adding/' "$scratch/pages" | while read -r page; do
            for word in What Tests; do
                grep -q "^$word: " "$page" || echo "$page: no \"$word:\""
            done
        done
    } >"$scratch/findings"
    report "$scratch/findings"
}

page() { # lines
    printf '%s\n' "$@" | sample docs/internals/a.md
}

self_test() {
    long=$(printf '%0101d' 0)
    page '# A' '' 'What: a.' '' '## How' 'x' '## Numbers' '1' '## Limits' 'y' '## Tests' 'z' "$long"
    refused '101 columns'
    printf '# Changelog\n\n- %s\n' "$long" | sample CHANGELOG.md
    refused 'a change of 103 columns'
    page 'A' '' 'What: a.' '' '## How' 'x' '## Numbers' '1' '## Limits' 'y' '## Tests' 'z'
    refused 'no title'
    page '# A' '' 'It is a.' '' '## How' 'x' '## Numbers' '1' '## Limits' 'y' '## Tests' 'z'
    refused 'no What'
    page '# A' '' 'What: a.' '' '## How' 'x' '## Numbers' '1' '## Tests' 'z'
    refused 'a part that is missing'
    page '# A' '' 'What: a.' '' '## How' 'x' '## Limits' 'y' '## Numbers' '1' '## Tests' 'z'
    refused 'parts in another order'
    page '# A' '' 'What: a.' '' '## How' 'x' '## Numbers' '' '## Limits' 'y' '## Tests' 'z'
    refused 'a part with nothing in it'
    page '# A' '' 'What: a.' '' '## How' $(seq 110) '## Numbers' '1' '## Limits' 'y' '## Tests' 'z'
    refused '121 lines'
    printf 'What: how to add an option.\n' | sample docs/adding/a.md
    refused 'an addition without tests'
    page '# A' '' 'What: a.' '' '## How' $(seq 107) "| $long |" "    $long" '## Numbers' '1' \
        '## Limits' 'y' '## Tests' 'z'
    printf '# A\n\nWhat: how.\n\nTests: which.\n' | sample docs/adding/a.md
    accepted '120 lines, a wide table, wide code'
}

lint_main "$@"
