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
#    *   Since: the version that it came with
#    */
. "$(dirname "$0")/lib.sh"

check() { # root
    cd "$1" || exit
    : >"$scratch/findings"
    for header in core/include/glimpse/*.h core/include/glimpse/*.h.in; do
        [ -e "$header" ] || continue
        awk '
        function finding(what) { print FILENAME ": " name ": " what }
        function has(word) { return index(comment, "\n *   " word ": ") > 0 }

        # The name of a parameter: the last word, or the one behind the star of a function.
        function named(text) {
            if (match(text, /\(\*[a-z_0-9]+\)/)) return substr(text, RSTART + 2, RLENGTH - 3)
            sub(/\[[0-9]*\]$/, "", text)
            match(text, /[A-Za-z_0-9]+$/)
            return substr(text, RSTART, RLENGTH)
        }

        function judge(    rest, inside, depth, at, c, part, returns) {
            rest = declaration
            sub(/^(GLIMPSE_API|static inline) /, "", rest)
            match(rest, /glimpse_[a-z0-9_]+\(/)
            name = substr(rest, RSTART, RLENGTH - 1)
            returns = substr(rest, 1, RSTART - 1)
            inside = substr(rest, RSTART + RLENGTH)
            if (comment == "") { finding("has no comment of its own"); return }
            if (comment !~ /^\/\*\n \* [^ ]/) finding("its comment does not begin with what it does")
            if (!has("Since")) finding("its comment does not say since when (Since:)")
            if (returns !~ /^void $/ && !has("Returns")) finding("its comment does not say what it returns (Returns:)")
            if (inside ~ /[A-Za-z] \*\*[a-z]/ && inside !~ /const char \*\*/ && !has("Owner")) finding("its comment does not say who owns what it hands out (Owner:)")
            if (inside ~ /_fn [a-z]|\(\*[a-z]+\)\(|glimpse_observer/ && !has("Calls")) finding("its comment does not say what is called, and when (Calls:)")
            depth = 1; part = ""
            for (at = 1; at <= length(inside) && depth > 0; at++) {
                c = substr(inside, at, 1)
                if (c == "(") depth++
                if (c == ")") depth--
                if (depth == 0 || (c == "," && depth == 1)) {
                    part = named(part)
                    if (part != "" && part != "void" && !has(part)) finding("its comment does not say what " part " is")
                    part = ""
                } else part = part c
            }
        }

        /^\/\*/ { comment = ""; open = 1 }
        open { comment = comment (comment == "" ? "" : "\n") $0; if (/\*\/[ \t]*$/) { open = 0; closed = NR } next }
        /^(GLIMPSE_API|static inline) / { declaration = ""; reading = 1; if (closed != NR - 1) comment = "" }
        reading {
            declaration = declaration (declaration == "" ? "" : " ") $0
            if (/;|^\{/) { gsub(/[ \t]+/, " ", declaration); judge(); reading = 0; comment = "" }
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
 *   Returns: GLIMPSE_OK; OOM
 *   Owner: the caller: glimpse_one_free
 *   Calls: fn, once, from the loop
 *   Since: 0.1
 */'
made='GLIMPSE_API glimpse_error glimpse_one_new(size_t size, glimpse_one **out, glimpse_one_fn fn);'

without() { # a line of the comment; the claim
    printf '%s\n' "$good" | grep -v "^ \*   $1:" >"$scratch/header"
    echo "$made" >>"$scratch/header"
    sample core/include/glimpse/one.h <"$scratch/header"
    refused "$2"
}

self_test() {
    echo "$made" | sample core/include/glimpse/one.h
    refused 'a function without a comment'
    printf '%s\n\n%s\n' "$good" "$made" | sample core/include/glimpse/one.h
    refused 'a comment that is not right above its function'
    printf '%s\n%s\n%s\n' "$good" "$made" 'GLIMPSE_API void glimpse_two(void);' | sample core/include/glimpse/one.h
    refused 'two functions under one comment'
    without size 'a parameter that is not described'
    without fn 'a function given that is not described'
    without Returns 'a value returned that is not described'
    without Owner 'something handed out that nobody owns'
    without Calls 'a callback that nobody knows the time of'
    without Since 'a function that is of no version'
    printf '%s\n%s\n' "$good" "$made" | sample core/include/glimpse/one.h
    accepted 'a comment in the form'
}

lint_main "$@"
