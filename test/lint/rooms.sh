#!/bin/sh
# The room list of docs/architecture.md is the tree: each folder with C sources has its lines there,
# each folder and file that it names exists, and each file of the library is named in its room, by its
# name without an ending or by a beginning with a star (`http*`). The top of cli/ has room for the
# program as a whole and its small commands: a command of several files has a folder. The lines of
# core/, core/engine/ and the public headers describe files in words: there a name has its ending.
. "$(dirname "$0")/lib.sh"

page=docs/architecture.md
described='^core(/engine|/include/glimpse)?$' # the rooms whose lines are prose too
cli_entries=25 # at most, at the top of cli/

# The block below "## Rooms" as "room word" lines. A room begins a line ("core/engine/  ..."), or, with
# two blanks before it, is one within the room above ("  openai/  ..."); so is a word with a slash.
words_of_rooms() {
    awk '
    /^## / { rooms = ($0 == "## Rooms"); next }
    !rooms { next }
    /^```/ { if (inside++) exit; next }
    !inside { next }
    /^[a-z]/ { top = $1; sub(/\/+$/, "", top); room = top; print room " /"; $1 = "" }
    /^  [a-z_]+\/ / { name = $1; sub(/\/$/, "", name); room = top "/" name; print room " /"; $1 = "" }
    {
        gsub(/[^A-Za-z0-9_.*\/-]/, " ")
        count = split($0, word, " ")
        for (i = 1; i <= count; i++) {
            print room " " word[i]
            if (word[i] ~ /^[a-z_]+\/$/) { # named beside another one: `load/`
                sub(/\/$/, "", word[i])
                print top "/" word[i] " /"
            }
        }
    }' "$page"
}

check() { # root
    cd "$1" || exit
    {
        [ -f "$page" ] || echo "$page: is not there"
        [ ! -f "$page" ] || words_of_rooms | sed 's/\.$//' | sort -u >"$scratch/words"
        [ -s "$scratch/words" ] || echo "$page: no rooms"
        grep ' /$' "$scratch/words" | sed 's, /$,,' >"$scratch/rooms" || true
        while read -r room; do
            [ -d "$room" ] || echo "$page: the room $room is not there"
        done <"$scratch/rooms"
        sources . '*.c' '*.h' | sed 's,/[^/]*$,,' | sort -u | while read -r folder; do
            case $folder in test/?*) folder=test ;; esac # the kinds of tests: a room together
            grep -qxF "$folder" "$scratch/rooms" || echo "$page: no room $folder"
        done | sort -u
        entries=$(ls cli 2>/dev/null | wc -l)
        [ "$entries" -le $cli_entries ] || echo "cli/: $entries entries at its top, more than $cli_entries"
        # Files that are named.
        grep -E ' [a-z0-9_]+\.[ch]$' "$scratch/words" | while read -r room name; do
            [ -e "$room/$name" ] || echo "$page: $room has no $name"
        done
        # Files that are there.
        sources . '*.c' '*.h' | grep -E '^(core|backends)/' | sed 's/\.[ch]$//' | sort -u >"$scratch/stems"
        awk -v page="$page" -v described="$described" '
        FILENAME == ARGV[1] {
            room = $1; name = $2
            if (room ~ described && name !~ /\.[ch]$/) next
            sub(/\.[ch]$/, "", name)
            if (name ~ /\*$/) { sub(/\*$/, "", name); begins[room] = begins[room] " " name }
            else named[room " " name] = 1
            next
        }
        {
            room = $0; sub(/\/[^\/]*$/, "", room)
            stem = substr($0, length(room) + 2)
            if ((room " " stem) in named) next
            count = split(begins[room], begin, " ")
            for (i = 1; i <= count; i++) if (index(stem, begin[i]) == 1) next
            print page ": " room " does not name " stem
        }' "$scratch/words" "$scratch/stems"
    } >"$scratch/findings"
    report "$scratch/findings"
}

rooms() { # lines of the block
    {
        printf '# House\n\n## Rooms\n\n```\n'
        printf '%s\n' "$@"
        printf '```\n\n## More\n\n```\nnone/ of these is a room\n```\n'
    } | sample docs/architecture.md
    echo 'int a;' | sample core/base/heap.c
    echo 'int a;' | sample backends/openai/http_life.c
}

self_test() {
    base='core/base/  heap'
    openai='backends/
  openai/  http* is the wire'
    rooms "$base" "$openai"
    rm "$tree/docs/architecture.md"
    refused 'no page'
    rooms "$base"
    refused 'a folder that is no room'
    rooms "$base" "$openai" 'core/gone/  nothing'
    refused 'a room that is not there'
    rooms 'core/base/  heap, list.c' "$openai"
    refused 'a file that is not there'
    rooms 'core/base/  some things' "$openai"
    refused 'a file that its room does not name'
    rooms "$base" 'backends/
  openai/  https is the wire'
    refused 'a file of a room within a room that is not named'
    rooms "$base" "$openai" 'core/engine/  turn.c one run of it'
    echo 'int a;' | sample core/engine/one.c
    refused 'a file whose name is a word about another one'
    rooms "$base" "$openai" 'core/engine/  turn.c one run, of one.h too'
    echo 'int a;' | sample core/engine/turn.c
    echo 'int a;' | sample core/engine/one.h
    accepted 'files that are named with their endings'
    rooms "$base" "$openai" 'bench/ the harness in load/'
    refused 'a room within a line that is not there'
    rooms "$base" "$openai" 'cli/ the program'
    for i in $(seq $cli_entries); do echo 'int a;' | sample cli/a$i.c; done
    accepted 'as many entries at the top of cli/ as may be'
    rooms "$base" "$openai" 'cli/ the program'
    for i in $(seq 0 $cli_entries); do echo 'int a;' | sample cli/a$i.c; done
    refused 'one entry too many at the top of cli/'
    rooms "$base" "$openai" 'bench/ the harness in load/'
    echo 'int a;' | sample bench/load/sla.c
    accepted 'the rooms as they are'
}

lint_main "$@"
