# The status page of `serve` in Chromium, at 1280 and 390 pixels, light and dark: its figures are those of
# /status.json, it asks its own server and no other, says nothing on the console, axe finds nothing, nothing is
# wider than the screen. It follows what happens without being loaded again: new figures, an endpoint that is down
# and is back, a server that is gone. What it looks like is kept beside the program, in page/. axe comes from npm
# as for the pages of bench; without it the rest is looked at, and the test is skipped at its end.
needs chromium
needs node
from=${script%/*}/../page
kept=$(dirname "$GLIMPSE")/page
mkdir -p "$kept"
axe=$kept/node_modules/axe-core/axe.min.js
if ! cmp -s "$from/package-lock.json" "$kept/package-lock.json" || [ ! -s "$axe" ]; then
    cp "$from/package.json" "$kept"
    if ! command -v npm >npm.log || ! (cd "$kept" && cp "$from/package-lock.json" package-lock.json &&
        timeout 90 npm ci --ignore-scripts --no-audit --no-fund --fetch-timeout 20000 --fetch-retries 1 >"$TMPDIR/npm.log" 2>&1); then
        rm -f "$kept/package-lock.json"
        cat npm.log >&2
        axe=-
    fi
fi

serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}
ask() { # WORDS: prints the status
    curl -s -m 20 -o answer -w '%{http_code}' "$HERE/v1/chat/completions" \
        -d "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"$1\"}]}"
}

start_mock --latency 20ms
fault() { # LIST
    curl -sf -m 20 -o settings -X PUT "${URL%/v1}/__mock/settings" -d "{\"fault\":\"$1\"}" || fail "the mock takes no fault '$1'"
}
"$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --base-url "$URL" --drain 0 --max-attempts 1 >serve.out 2>serve.err &
SERVE=$!
pids="$pids $SERVE"
until_true serving
HERE=http://127.0.0.1:$(cat sport)
for words in one two one one; do equal "$words" "$(ask $words)" 200; done

mkfifo wanted
node "$from/status_page.js" "$kept" "$axe" "$HERE/" <wanted >looks.jsonl 2>node.err &
LOOK=$!
pids="$pids $LOOK"
exec 9>wanted
looks() { [ "$(wc -l <looks.jsonl)" -ge "$1" ] || kill -0 "$LOOK" || fail "node ended: $(cat node.err)"; [ "$(wc -l <looks.jsonl)" -ge "$1" ]; }
until_true looks 4
# The figures change when another request was answered.
equal three "$(ask one)" 200
echo 'window.shownStatus.answers.good === 5' >&9
until_true looks 5
# The endpoint is down; 20 failures open its circuit. While a probe is due the gateway is ready to make it, so the
# endpoint is asked until the page has looked between two of them.
fault 500:100%
for n in $(seq 20); do equal "failure $n" "$(ask "failure $n")" 502; done
echo 'document.querySelector("#state").textContent.includes("Not ready")' >&9
down() { ask down >down; looks 6; }
until_true down
fault ''
answered() { [ "$(ask back)" = 200 ]; }
until_true answered
echo 'document.querySelector("#state").textContent.includes("Ready")' >&9
until_true looks 7
kill -s TERM "$SERVE"
wait "$SERVE" || :
echo 'document.querySelector("#state").textContent.includes("No answer")' >&9
until_true looks 8
exec 9>&-
wait "$LOOK" || fail "node: $(cat node.err)"

wrong() { jq -c "select($1) | {name, $2}" looks.jsonl; }
# Each figure is the value of its place in the JSON, and is shown so.
jq -r '. as $look | .figures | to_entries[] | .key as $path | ($look.json | getpath($path | split("."))) as $true |
    (.value.value | if . == "null" then null else tonumber end) as $value |
    (.value.text | gsub("[, ]"; "")) as $text |
    (if $true == null then $text == "–" elif ($text | endswith("%")) then ($text | rtrimstr("%") | tonumber) - $true * 100 | fabs < 0.051
     elif ($text | endswith("ms")) then ($text | rtrimstr("ms") | tonumber) - $true | fabs <= $true * 0.006
     elif ($text | endswith("s")) then ($text | rtrimstr("s") | tonumber) * 1000 - $true | fabs <= 51
     else $text == ($true | tostring) end) as $shown |
    select($value != $true or ($shown | not)) | "\($look.name): \($path) is \($true), shown as \($text)"' looks.jsonl >out
equal "each figure is the JSON's" "$(head -3 out)" ''
equal figures "$(jq -s 'map(.figures | length) | unique | tostring' looks.jsonl)" '"[16]"'
equal 'no wider than the screen' "$(wrong '.wide > .width' wide)" ''
equal 'asks its own server alone' "$(jq -r --arg here "$HERE/" '.asked[] | select(startswith($here) or startswith("data:") | not)' looks.jsonl)" ''
equal 'says nothing on the console' "$(jq -c 'select(.said != [] and .name != "status-later-4") | .said' looks.jsonl)" ''
[ "$axe" = - ] || equal 'axe finds nothing' "$(wrong '.axe != []' axe)" ''
for name in status-1280-light status-1280-dark status-390-light status-390-dark status-later-2; do
    [ -s "$kept/$name.png" ] || fail "no $name.png"
done
if cmp -s "$kept/status-1280-light.png" "$kept/status-1280-dark.png"; then fail 'dark is not dark'; fi
tells() { # LOOK TEXT...
    jq -r "select(.name == \"$1\") | .state, (.endpoints | join(\" \")), (.figures | map(.text) | join(\" \"))" looks.jsonl >seen
    shift
    for text in "$@"; do grep -qF -e "$text" seen || fail "the page does not say '$text': $(cat seen)"; done
}
tells status-390-light Ready "127.0.0.1:$(cat port)" answers 'circuit closed' 'in flight 0 of 64' '50.0 %'
tells status-later-1 Ready '60.0 %'
tells status-later-2 'Not ready' 'The circuit of each endpoint is open.' 'circuit open' 'problem 500'
tells status-later-3 Ready answers
tells status-later-4 'No answer' 'The figures are old.'
if [ "$axe" = - ]; then
    echo "SKIPPED: all holds but what axe was to look at: npm could not fetch axe-core" >&2
    exit 77 # with --all, too: what is missing is no package
fi
