#!/bin/sh
# What a comment or a page cites is in the tree: "section N" stands behind the name of a page that has
# a heading "## N. ..." (or behind an RFC's number), a link to a place in a page leads to a heading, and
# a row or an invariant that a test names is one of docs/faults.md.
. "$(dirname "$0")/lib.sh"

# Lines "page N" for each numbered heading, "page #slug" for each heading as GitHub writes its address.
headings() { # pages
    awk '
    FNR == 1 { code = 0 }
    /^```/ { code = !code }
    !code && /^#+ / {
        text = $0
        sub(/^#+ /, "", text)
        if ($0 ~ /^## [0-9]+(\.[0-9]+)*\. /) {
            number = text
            sub(/\. .*/, "", number)
            print FILENAME " " number
        }
        text = tolower(text)
        gsub(/[^a-z0-9 _-]/, "", text)
        gsub(/ /, "-", text)
        print FILENAME " #" text
    }' $1
}

# "section N" in sources: docs/PAGE.md before it, or an RFC; the name may stand at the line before.
sections_in_sources() { # files
    awk '
    FILENAME == ARGV[1] { known[$0] = 1; next }
    FNR == 1 { before = "" }
    {
        text = before " " $0
        seen = length(before) + 1
        from = 1
        while (match(substr(text, from), /[Ss]ections? [0-9]+(\.[0-9]+)*/)) {
            at = from + RSTART - 1
            cited = substr(text, at, RLENGTH)
            from = at + RLENGTH
            if (from - 1 <= seen) continue # told with the line before
            head = substr(text, 1, at - 1)
            gsub(/\n?[ \t]+(\*|#|\/\/)?[ \t]*$/, " ", head)
            if (head ~ /(RFC [0-9]+|Fetch),? $/) continue
            number = cited
            sub(/.* /, "", number)
            page = head
            sub(/,? $/, "", page)
            sub(/.*[^A-Za-z0-9_.\/-]/, "", page)
            if (page !~ /\.md$/)
                print FILENAME ":" FNR ": \"" cited "\" of what? write docs/PAGE.md before it"
            else if (!((page " " number) in known))
                print FILENAME ":" FNR ": " page " has no section " number
        }
        before = $0
        sub(/[ \t]+$/, "", before)
    }' "$scratch/headings" $1
}

# In pages: the link says it, or an RFC stands before.
sections_in_pages() { # pages
    awk '
    FNR == 1 { code = 0; before = "" }
    /^```/ { code = !code }
    { text = $0; gsub(/`[^`]*`/, "", text) }
    !code && !/^#/ {
        rest = text
        head = before " "
        while (match(rest, /[Ss]ections? [0-9]+(\.[0-9]+)*/)) {
            cited = substr(rest, RSTART, RLENGTH)
            head = head substr(rest, 1, RSTART - 1)
            rest = substr(rest, RSTART + RLENGTH)
            number = cited
            sub(/.* /, "", number)
            slug = number
            gsub(/\./, "", slug)
            link = "^[^\\]\\[]*\\]\\([^)]*\\.md#" slug "-"
            if (head !~ /RFC [0-9]+,? $/ && rest !~ link)
                print FILENAME ":" FNR ": \"" cited "\" is no link to that section"
            head = head cited
        }
    }
    { before = text }' $1
}

links_to_places() { # pages
    for page in $1; do
        sed 's/`[^`]*`//g' "$page" | grep -oE '\]\([^) :]*#[^) ]+\)' | sed 's/^](//; s/)$//' | sort -u |
            while IFS='#' read -r target place; do
                path=$page
                [ -z "$target" ] || path=$(realpath -m --relative-to=. "$(dirname "$page")/$target")
                case $path in *.md) grep -qxF "$path #$place" "$scratch/headings" ||
                    echo "$page: $path has no heading #$place" ;;
                esac
            done
    done
}

# Pages named in sources: with their folder, or in C by a name that a page has.
pages_named() { # file of files
    {
        xargs grep -noE 'docs/[A-Za-z0-9_./-]+\.md' /dev/null <"$1"
        grep '\.[ch]$' "$1" | xargs grep -noE '(^|[^A-Za-z0-9_./"-])[A-Za-z0-9_-]+\.md' /dev/null
    } | while IFS=: read -r file line name; do
        name=$(printf '%s\n' "$name" | sed 's/^[^A-Za-z0-9_]//')
        case $name in
        docs/*) [ -e "$name" ] ;;
        *) [ -n "$(find docs -name "$name" -print -quit)" ] || [ -e "$name" ] ;;
        esac || echo "$file:$line: names $name, which is not in the tree"
    done
    xargs grep -nE '[^A-Za-z0-9_][A-Z][0-9]+( and [A-Z]?[0-9]+)? of( |$)|wire notes' /dev/null <"$1" |
        sed 's/$/ <- of which page of the tree?/' || true
}

rows() {
    [ -f docs/faults.md ] || return 0
    files=$(find test/fault test/net -name '*.[ch]' 2>/dev/null | sort)
    [ -n "$files" ] || return 0
    awk '
    FILENAME == ARGV[1] {
        if ($0 ~ /^\| *[0-9]+ *\|/) { split($0, cell, "|"); row[cell[2] + 0] = 1 }
        if ($0 ~ /^\| *I[0-9]+ *\|/) { split($0, cell, "|"); gsub(/ /, "", cell[2]); holds[cell[2]] = 1 }
        next
    }
    {
        rest = $0
        while (match(rest, /[Rr]ows? [0-9]+((, [0-9]+)*( (to|and) [0-9]+)+)?/)) {
            cited = substr(rest, RSTART, RLENGTH)
            rest = substr(rest, RSTART + RLENGTH)
            count = split(cited, number, /[^0-9]+/)
            for (i = 1; i <= count; i++)
                if (number[i] != "" && !(number[i] + 0 in row))
                    print FILENAME ":" FNR ": docs/faults.md has no row " number[i]
        }
        rest = $0
        while (match(rest, /[^A-Za-z0-9_%]I[0-9]+[^A-Za-z0-9_"]/)) {
            name = substr(rest, RSTART + 1, RLENGTH - 2)
            rest = substr(rest, RSTART + RLENGTH - 1)
            if (!(name in holds)) print FILENAME ":" FNR ": docs/faults.md has no invariant " name
        }
    }' docs/faults.md $files
}

check() { # root
    cd "$1" || exit
    # The checks hold samples of what they refuse; the changelog speaks of pages as they were.
    written_files . | grep -vE '^(test/lint/|CHANGELOG\.md$|LICENSE$)' >"$scratch/files" || true
    pages=$(grep '\.md$' "$scratch/files" || true)
    grep -E '\.([chS]|sh|cmake|txt|js|mjs|py)$' "$scratch/files" >"$scratch/sources" || true
    : >"$scratch/headings"
    [ -z "$pages" ] || headings "$pages" >"$scratch/headings"
    {
        [ ! -s "$scratch/sources" ] || sections_in_sources "$(cat "$scratch/sources")"
        [ -z "$pages" ] || sections_in_pages "$pages"
        [ -z "$pages" ] || links_to_places "$pages"
        [ ! -s "$scratch/sources" ] || pages_named "$scratch/sources"
        rows
    } >"$scratch/findings"
    report "$scratch/findings"
}

book() { printf '# Book\n\n## 2. Cache\n\n## 2.1. Choice\n' | sample docs/book.md; }

self_test() {
    book
    echo '/* the section 2 says so */' | sample core/a.c
    refused 'a section of no page'
    book
    echo '/* docs/book.md section 3 */' | sample core/a.c
    refused 'a section that the page does not have'
    book
    printf '/* docs/book.md\n * section 2.2 */\n' | sample core/a.c
    refused 'a section that the page does not have, at the next line'
    echo '/* docs/gone.md has it */' | sample core/a.c
    refused 'a page that is not there'
    book
    echo '/* (gone.md) */' | sample core/a.c
    refused 'a page of no folder that is not there'
    book
    echo '/* its grammar (A5 of the wire notes) */' | sample core/a.c
    refused 'a number of notes that are not there'
    book
    echo 'as the book says in section 2' | sample docs/b.md
    refused 'a section that is no link'
    book
    echo '[section 2](book.md#21-choice)' | sample docs/b.md
    refused 'a link to another section than it says'
    book
    echo '[the cache](book.md#2-cash)' | sample docs/b.md
    refused 'a link to a heading that is not there'
    printf '| I1 | x |\n| 1 | x |\n' | sample docs/faults.md
    echo '/* rows 1 and 2 */' | sample test/fault/a.c
    refused 'a row that is not there'
    printf '| I1 | x |\n| 1 | x |\n' | sample docs/faults.md
    echo '/* (I2) */' | sample test/fault/a.c
    refused 'an invariant that is not there'
    book
    printf '/* docs/book.md section 2.1\n * RFC 9110, section 5.6.7, docs/book.md\n * section 2 */\n' |
        sample core/a.c
    printf '[book, section 2.1](book.md#21-choice), RFC 9112, section 2.2\n' | sample docs/b.md
    printf '| I1 | x |\n| 1 | x |\n| 2 | y |\n' | sample docs/faults.md
    echo '/* rows 1 to 2: (I1) */' | sample test/fault/a.c
    accepted 'citations that lead somewhere'
}

lint_main "$@"
