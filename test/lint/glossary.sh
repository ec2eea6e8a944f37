#!/bin/sh
# docs/glossary.md has at most 30 words, each once, each used in a source, each with a place: a file
# that has the word, on its own or as a part of a name. docs/architecture.md leads to it.
. "$(dirname "$0")/lib.sh"

most=30

check() { # root
    cd "$1" || exit
    {
        page=docs/glossary.md
        [ -f "$page" ] || echo "$page: is not there"
        [ -f "$page" ] || page=/dev/null
        grep -qF '](glossary.md)' docs/architecture.md 2>/dev/null ||
            echo "docs/architecture.md: no link to glossary.md"
        # The rows below the head of the table: word, meaning, place.
        sed -n '/^|---/,/^$/p' "$page" | sed -n 's/^| *\([^|-][^|]*[^| ]\) *|\([^|]*\)|\([^|]*\)|.*/\1|\2|\3/p' >"$scratch/words"
        count=$(wc -l <"$scratch/words")
        [ "$count" -gt 0 ] || echo "$page: no words"
        [ "$count" -le "$most" ] || echo "$page: $count words, more than $most"
        cut -d '|' -f 1 "$scratch/words" | sort | uniq -d | sed "s,^,$page: twice: ,"
        sources . '*.c' '*.h' | grep -E '^(core|backends|cli|bench)/' >"$scratch/code" || true
        while IFS='|' read -r word meaning place; do
            [ "$(echo "$meaning" | wc -w)" -ge 4 ] || echo "$page: $word: no meaning"
            # As a word of its own or a part of a name: key_stop, requests of a lane, gl_pack_read.
            pattern=$(echo "$word" | sed 's/ /[_ ]/g')
            xargs grep -qiE "(^|[^a-z])$pattern(s|es)?([^a-z]|\$)" /dev/null <"$scratch/code" ||
                echo "$page: no source uses the word $word"
            place=$(echo "$place" | tr -d '` ')
            if [ -z "$place" ] || [ ! -f "$place" ]; then
                echo "$page: $word: the place \"$place\" is not there"
            elif ! grep -qiE "(^|[^a-z])$pattern(s|es)?([^a-z]|\$)" "$place"; then
                echo "$page: $word: its place $place does not have the word"
            fi
        done <"$scratch/words"
    } >"$scratch/findings"
    report "$scratch/findings"
}

page() { # rows
    {
        printf '| word | what it is | where | the field |\n|---|---|---|---|\n'
        printf '%s\n' "$@"
    } | sample docs/glossary.md
    echo '[words](glossary.md)' | sample docs/architecture.md
    echo '/* a lane; gl_key_stop */' | sample core/a.c
}

self_test() {
    lane='| lane | what one model has alone | `core/a.c` | |'
    page "$lane"
    rm "$tree/docs/glossary.md"
    refused 'no glossary'
    page "$lane"
    echo 'text' | sample docs/architecture.md
    refused 'a glossary that the architecture does not link to'
    page
    refused 'a glossary without words'
    page "$lane" "$lane"
    refused 'a word twice'
    page "$lane" '| berth | where a ship can lie | `core/a.c` | |'
    refused 'a word that no source uses'
    page '| lane | | `core/a.c` | |'
    refused 'a word without a meaning'
    page '| lane | what one model has alone | `core/gone.c` | |'
    refused 'a place that is not there'
    page '| lane | what one model has alone | `core` | |'
    refused 'a place that is a folder'
    page '| lane | what one model has alone | `core/b.c` | |'
    echo '/* planes */' | sample core/b.c
    refused 'a place that does not have the word'
    words=$(seq 31 | sed 's/.*/w&/')
    {
        printf '| word | what it is | where | the field |\n|---|---|---|---|\n'
        printf '| %s | what one model has alone | `core/a.c` | |\n' $words
    } | sample docs/glossary.md
    printf '/* %s */\n' $words | sample core/a.c
    echo '[words](glossary.md)' | sample docs/architecture.md
    refused '31 words'
    {
        printf '| word | what it is | where | the field |\n|---|---|---|---|\n'
        printf '| %s | what one model has alone | `core/a.c` | |\n' $words | head -30
    } | sample docs/glossary.md
    echo '[words](glossary.md)' | sample docs/architecture.md
    printf '/* %s */\n' $words | sample core/a.c
    accepted '30 words'
    page "$lane" '| key stop | nothing more is sent then | `core/a.c` | |'
    accepted 'words of which a name is made'
}

lint_main "$@"
