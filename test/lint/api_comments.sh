#!/bin/sh
# Each function of the public headers has a comment of its own in one form:
#
#   /*
#    * What it does.
#    *
#    *   name: of each parameter: its unit and range, and what of it is kept
#    *   Returns: unless it returns nothing; errors by name
#    *   Owner: where it hands out something (a ** parameter): by what it is given back
#    *   Calls: where it takes a function or an observer: what is called, when, from where
#    *   Since: the version that it came with, N.N, at most the project's
#    */
#
# A function whose name ends in _new has the reason of a refusal for its last parameter: glimpse_problem
# *problem. No other "name:" stands there. Each GLIMPSE_API and each `inline` of a header begins a declaration at
# the start of a line: one that stands elsewhere was not judged, and is a finding.
. "$(dirname "$0")/lib.sh"

check() { # root
    cd "$1" || exit
    version=$(sed -nE 's/^project\(.* VERSION ([0-9]+\.[0-9]+).*/\1/p' CMakeLists.txt 2>/dev/null) || true
    : >"$scratch/findings"
    [ -n "$version" ] || echo "CMakeLists.txt: project() has no version" >"$scratch/findings"
    for header in core/include/glimpse/*.h core/include/glimpse/*.h.in; do
        [ -e "$header" ] || continue
        awk -v version="$version" '
        function finding(what) { print FILENAME ": " name ": " what }
        function has(word) { return index(comment, "\n *   " word ": ") > 0 }

        # The name of a parameter: the last word, or the one behind the star of a function.
        function named(text) {
            if (match(text, /\(\*[a-z_0-9]+\)/)) return substr(text, RSTART + 2, RLENGTH - 3)
            sub(/\[[0-9]*\]$/, "", text)
            match(text, /[A-Za-z_0-9]+$/)
            return substr(text, RSTART, RLENGTH)
        }

        function later(one, other,    a, b) {
            split(one, a, "."); split(other, b, ".")
            return a[1] + 0 > b[1] + 0 || (a[1] + 0 == b[1] + 0 && a[2] + 0 > b[2] + 0)
        }

        # The "name:" lines of the comment: of a parameter or of the form, each once; the version.
        function judge_lines(    line, count, i, word, seen) {
            count = split(comment, line, "\n")
            for (i = 1; i <= count; i++) {
                if (!match(line[i], /^ \*   [A-Za-z_0-9]+:/)) continue
                word = substr(line[i], 6, RLENGTH - 6)
                if (word in seen) finding("its comment says twice what " word " is")
                seen[word]
                if (word == "Since") {
                    sub(/^ \*   Since: */, "", line[i]); sub(/[ \t]*(\*\/)?[ \t]*$/, "", line[i])
                    if (line[i] !~ /^[0-9]+\.[0-9]+$/) finding("Since: is no version N.N: " line[i])
                    else if (later(line[i], version)) finding("Since: " line[i] " is later than the project, " version)
                } else if (word !~ /^(Returns|Owner|Calls)$/ && !(word in parameters))
                    finding("its comment describes " word ", which is no parameter")
            }
        }

        # What is left of a line without its comments.
        function code_of(text,    at, end, code) {
            for (code = ""; text != "";) {
                if (hidden) {
                    if (!(end = index(text, "*/"))) return code
                    text = substr(text, end + 2); hidden = 0; code = code " "
                } else if (match(text, /\/[*\/]/)) {
                    code = code substr(text, 1, RSTART - 1)
                    if (substr(text, RSTART, 2) == "//") return code
                    text = substr(text, RSTART + 2); hidden = 1
                } else { code = code text; text = "" }
            }
            return code
        }

        function judge(    rest, inside, depth, at, c, part, returns) {
            rest = declaration
            sub(/^(GLIMPSE_API|static inline) /, "", rest)
            judged++
            split("", parameters)
            name = rest
            if (!match(rest, /glimpse_[a-z0-9_]+\(/)) { finding("is no function that this check can read"); return }
            name = substr(rest, RSTART, RLENGTH - 1)
            returns = substr(rest, 1, RSTART - 1)
            inside = substr(rest, RSTART + RLENGTH)
            if (comment == "") { finding("has no comment of its own"); return }
            if (comment !~ /^\/\*\n \* [^ ]/) finding("its comment does not begin with what it does")
            if (!has("Since")) finding("its comment does not say since when (Since:)")
            if (returns !~ /^void $/ && !has("Returns")) finding("its comment does not say what it returns (Returns:)")
            if (inside ~ /[A-Za-z] \*\*[a-z]/ && inside !~ /const char \*\*/ && !has("Owner")) finding("its comment does not say who owns what it hands out (Owner:)")
            if (inside ~ /_fn [a-z]|\(\*[a-z]+\)\(|glimpse_observer/ && !has("Calls")) finding("its comment does not say what is called, and when (Calls:)")
            if (name ~ /_new$/ && inside !~ /, glimpse_problem \*problem\);/) finding("its last parameter is not glimpse_problem *problem, which says why it refuses")
            depth = 1; part = ""
            for (at = 1; at <= length(inside) && depth > 0; at++) {
                c = substr(inside, at, 1)
                if (c == "(") depth++
                if (c == ")") depth--
                if (depth == 0 || (c == "," && depth == 1)) {
                    part = named(part)
                    if (part != "" && part != "void") parameters[part]
                    if (part != "" && part != "void" && !has(part)) finding("its comment does not say what " part " is")
                    part = ""
                } else part = part c
            }
            judge_lines()
        }

        {
            bare = code_of($0)
            if (bare !~ /^[ \t]*#[ \t]*define[ \t]+GLIMPSE_API([ \t]|$)/)
                while (match(bare, /(^|[^A-Za-z_0-9])(GLIMPSE_API|inline)([^A-Za-z_0-9]|$)/)) {
                    declared++
                    bare = substr(bare, RSTART + RLENGTH - (RSTART + RLENGTH <= length(bare) ? 1 : 0))
                }
        }

        /^\/\*/ { comment = ""; open = 1 }
        open { comment = comment (comment == "" ? "" : "\n") $0; if (/\*\/[ \t]*$/) { open = 0; closed = NR } next }
        /^(GLIMPSE_API|static inline) / { declaration = ""; reading = 1; if (closed != NR - 1) comment = "" }
        reading {
            declaration = declaration (declaration == "" ? "" : " ") $0
            if (/;|^\{/) { gsub(/[ \t]+/, " ", declaration); judge(); reading = 0; comment = "" }
        }
        END {
            if (declared != judged)
                print FILENAME ": " declared + 0 " times GLIMPSE_API or inline, but " judged + 0 " declarations judged: each stands at the start of its line, before the type"
        }
        ' "$header" >>"$scratch/findings"
    done
    report "$scratch/findings"
}

good='/*
 * Makes one.
 *
 *   size: bytes, from 1
 *   out: gets it
 *   fn: told
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; OOM
 *   Owner: the caller: glimpse_one_free
 *   Calls: fn, once, from the loop
 *   Since: 0.1
 */'
made='GLIMPSE_API glimpse_error glimpse_one_new(size_t size, glimpse_one **out, glimpse_one_fn fn,
    glimpse_problem *problem);'

header() { # lines
    printf '%s\n' "$@" | sample core/include/glimpse/one.h
    echo 'project(glimpse VERSION 0.12.0 LANGUAGES C)' | sample CMakeLists.txt
}

without() { # a line of the comment; the claim
    header "$(printf '%s\n' "$good" | grep -v "^ \*   $1:")" "$made"
    refused "$2"
}

since() { # the version that the comment names
    header "$(printf '%s\n' "$good" | sed "s/Since: .*/Since: $1/")" "$made"
}

self_test() {
    header "$made"
    refused 'a function without a comment'
    header "$good" '' "$made"
    refused 'a comment that is not right above its function'
    header "$good" "$made" 'GLIMPSE_API void glimpse_two(void);'
    refused 'two functions under one comment'
    without size 'a parameter that is not described'
    without fn 'a function given that is not described'
    without Returns 'a value returned that is not described'
    without Owner 'something handed out that nobody owns'
    without Calls 'a callback that nobody knows the time of'
    without Since 'a function that is of no version'
    header "$(printf '%s\n' "$good" | grep -v problem:)" 'GLIMPSE_API glimpse_error glimpse_one_new(size_t size, glimpse_one **out, glimpse_one_fn fn);'
    refused 'a _new that does not say why'
    header "$good" "$made" '' 'GLIMPSE_API' 'void glimpse_two(void);'
    refused 'GLIMPSE_API alone on its line'
    header "$good" "$made" '' 'extern GLIMPSE_API void glimpse_two(void);'
    refused 'GLIMPSE_API behind extern'
    header "$good" "$made" '' '    GLIMPSE_API void glimpse_two(void);'
    refused 'GLIMPSE_API that is indented'
    header "$good" "$made" '' 'void GLIMPSE_API glimpse_two(void);'
    refused 'GLIMPSE_API behind the type'
    header "$good" "$made GLIMPSE_API void glimpse_two(void);"
    refused 'two functions in one line'
    header "$good" "$made" '' '#define OURS GLIMPSE_API' 'OURS void glimpse_two(void);'
    refused 'GLIMPSE_API by another name'
    header "$good" "$made" '' 'inline static void glimpse_two(void) {' '}'
    refused 'an inline function in another order'
    header "$(printf '%s\n' "$good" | sed 's/^ \*   out:/ *   gone: was here\n&/')" "$made"
    refused 'a description of what is no parameter'
    header "$(printf '%s\n' "$good" | sed 's/^ \*   out:/ *   size: again\n&/')" "$made"
    refused 'a parameter that is described twice'
    since soon
    refused 'a version that is none'
    since 0.1.0
    refused 'a version of three numbers'
    since 0.13
    refused 'a later version than the project'
    since 1.0
    refused 'a later major version than the project'
    header "$good" "$made"
    rm "$tree/CMakeLists.txt"
    refused 'a project without a version'
    since 0.9
    accepted 'an earlier version, by number'
    header '#define GLIMPSE_API __attribute__((visibility("default")))' '// GLIMPSE_API is one of ours' \
        '/* so is' '   GLIMPSE_API */' "$good" "$made"
    accepted 'a comment in the form; GLIMPSE_API in a comment, and where it is defined'
}

lint_main "$@"
