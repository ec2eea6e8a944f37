#!/bin/sh
# What no written file may hold: work left undone, a path of one person's machine, blanks at line
# ends, tabs or carriage returns in sources, more lines than one noun needs, a function of the product
# that is longer than a page, and a list of CMake's that is wider than a page or in no order.
. "$(dirname "$0")/lib.sh"

longest=600 # lines; a file that grows past it is two nouns
longest_function=60 # lines, from the brace that opens it to the one that closes it

find_text() { # what it is, extended regular expression; file names from $scratch/files
    xargs grep -nEI "$2" /dev/null <"$scratch/files" | cut -c1-160 | sed "s,^,$1: ," || true
}

check() { # root
    # The checks hold samples of what they refuse.
    written_files "$1" | grep -v '^test/lint/' >"$scratch/files" || true
    cd "$1" || exit
    {
        find_text 'unfinished' '(^|[^A-Za-z_])(TODO|FIXME|XXX|HACK)([^A-Za-z_]|$)'
        find_text 'a path of one machine' '(^|[^A-Za-z0-9_./-])/(home|Users|root|work|mnt)/[A-Za-z0-9_.-]'
        find_text 'blanks at the end' '[[:blank:]]+$'
        find_text 'carriage return' "$(printf '\r')"
        sources . '*.c' '*.h' '*.sh' >"$scratch/code"
        xargs grep -nE "$(printf '\t')" /dev/null <"$scratch/code" | cut -c1-160 |
            sed 's,^,tab: ,' || true
        xargs wc -l /dev/null <"$scratch/code" |
            awk -v longest="$longest" '$2 != "total" && $1 > longest {
                print $2 ": " $1 " lines, more than " longest }'
        # A brace that opens a line, as clang-format sets them, opens a function and nothing else.
        grep -v '^test/' "$scratch/code" | grep '\.[ch]$' | xargs awk -v longest="$longest_function" '
            FNR == 1 { begin = 0 }
            /^\{/ { begin = FNR }
            /^\}/ {
                lines = FNR - begin + 1
                if (begin && lines > longest)
                    print FILENAME ":" begin ": a function of " lines " lines, more than " longest
                begin = 0
            }' /dev/null
        # A list begins anew with each folder.
        grep -E '(^|/)CMakeLists\.txt$' "$scratch/files" | xargs awk '
            length($0) > 100 { print FILENAME ":" FNR ": wider than 100 columns" }
            /^set\([A-Z]+_SOURCES/ { list = 1; last = "" }
            list {
                for (i = 1; i <= NF; i++) {
                    name = $i; sub(/\)$/, "", name)
                    if (name !~ /\.c$/) continue
                    room = name; sub(/[^\/]*$/, "", room)
                    if (room == before && name < last) print FILENAME ":" FNR ": " name " in no order"
                    last = name; before = room
                }
            }
            /\)$/ { list = 0 }' /dev/null
    } >"$scratch/findings"
    report "$scratch/findings"
}

function_of() { # lines, with both braces
    printf 'static void run(void)\n{\n'
    awk -v lines="$1" 'BEGIN { for (i = 2; i < lines; i++) print "    step();" }'
    printf '}\n'
}

self_test() {
    printf 'set(CORE_SOURCES\n    core/b.c core/a.c)\n' | sample CMakeLists.txt
    refused 'sources in no order'
    printf '%0101d\n' 0 | sample test/CMakeLists.txt
    refused 'a line of 101 columns'
    printf 'set(CORE_SOURCES\n    core/a.c core/b.c\n    core/base/a.c)\n' | sample CMakeLists.txt
    accepted 'sources in order'
    echo '/* TODO: later */' | sample core/engine/engine.c
    refused 'work left undone'
    echo 'see /home/me/notes' | sample docs/notes.md
    refused 'a path of one machine'
    printf 'int a; \n' | sample cli/main.c
    refused 'a blank at the end'
    printf '\tint a;\n' | sample cli/main.c
    refused 'a tab'
    printf 'int a;\r\n' | sample README.md
    refused 'a carriage return'
    awk 'BEGIN { for (i = 0; i < 601; i++) print "int a;" }' | sample core/engine/engine.c
    refused '601 lines'
    awk 'BEGIN { for (i = 0; i < 600; i++) print "int a;" }' | sample core/engine/engine.c
    accepted '600 lines'
    for room in core/engine backends/openai cli/batch bench/load frontends/http docs/examples; do
        function_of 60 | sample $room/one.c
        accepted "a function of 60 lines in $room"
        function_of 61 | sample $room/one.c
        refused "a function of 61 lines in $room"
    done
    { function_of 60; function_of 60; } | sample core/engine/engine.h
    accepted 'two functions of 60 lines'
    { function_of 3; function_of 61; } | sample core/engine/engine.h
    refused 'a function of 61 lines behind a short one'
    function_of 61 | sample test/unit/engine.c
    accepted 'a test of 61 lines'
    printf '/* TODOS is a word */\n/* /proc/self/task, build/dev/root/x */\n' | sample core/engine/engine.c
    accepted 'words that only look like it'
}

lint_main "$@"
