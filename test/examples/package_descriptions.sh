#!/bin/sh
# Whatever stands in a package's description becomes one draft that is valid JSON and says the same,
# with each awk that is here. A dpkg-query of the test's own says what is installed.
. "$(dirname "$0")/lib.sh"

mkdir "$scratch/bin"
cat >"$scratch/bin/dpkg-query" <<'END'
#!/bin/sh
printf 'installed\001plain\001synopsis\n one line\n another\002'
printf 'installed\001nasty\001s\n quote " backslash \\ both \\" tab\there bell\007 \\n no line\n .\n caf\303\251 \342\202\254 &\\& \\\\\002'
printf 'installed\001broken\001s\n cut \303 here\002'
printf 'installed\001synopsis-only\001nothing more\002'
printf 'config-files\001removed\001s\n long ago\002'
printf 'installed\001plain\001s\n the same for another architecture\002'
printf 'installed\001g++\001s\n last\002'
END
chmod +x "$scratch/bin/dpkg-query"

tried=0
for awk in mawk gawk original-awk busybox; do
    command -v "$awk" >/dev/null || continue
    case "$awk" in
    busybox) busybox awk 'BEGIN { exit }' 2>/dev/null || continue
        printf '#!/bin/sh\nexec busybox awk "$@"\n' >"$scratch/bin/awk" ;;
    *) printf '#!/bin/sh\nexec %s "$@"\n' "$awk" >"$scratch/bin/awk" ;;
    esac
    chmod +x "$scratch/bin/awk"
    PATH="$scratch/bin:$PATH" sh "$root/docs/examples/package-descriptions.sh" >"$scratch/drafts"
    [ "$(wc -l <"$scratch/drafts")" -eq 4 ] || { cat "$scratch/drafts"; die "$awk: not four drafts"; }
    jq -c . "$scratch/drafts" >"$scratch/said" || die "$awk: not JSON"
    cat >"$scratch/expected" <<'END'
{"custom_id":"plain","input_text":"one line\nanother","goal":"summarize in one sentence"}
{"custom_id":"nasty","input_text":"quote \" backslash \\ both \\\" tab\there bell\u0007 \\n no line\n\ncafé € &\\& \\\\","goal":"summarize in one sentence"}
{"custom_id":"broken","input_text":"cut  here","goal":"summarize in one sentence"}
{"custom_id":"g++","input_text":"last","goal":"summarize in one sentence"}
END
    diff "$scratch/expected" "$scratch/said" || die "$awk: not the texts that went in"
    PATH="$scratch/bin:$PATH" sh "$root/docs/examples/package-descriptions.sh" --limit 2 >"$scratch/two"
    head -n 2 "$scratch/drafts" | cmp - "$scratch/two" || die "$awk: --limit 2 is not the first two"
    tried=$((tried + 1))
done
[ "$tried" -gt 0 ] || die "no awk was tried"

code=0
sh "$root/docs/examples/package-descriptions.sh" --limit many 2>"$scratch/usage" || code=$?
[ "$code" -eq 64 ] || die "a limit that is no number gave exit code $code"
