# The page of --html in a browser without a network: it asks for nothing, says nothing on the console,
# each of its figures is the JSON report's, as exact value and as shown, and it fits a phone. What it
# looks like is kept beside the program, in page/.
needs chromium
kept=$(dirname "$GLIMPSE")/page
mkdir -p "$kept"

# As CI runs it: as root in a container, with no way out of the machine.
browser() {
    timeout 60 chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars \
        --user-data-dir="$TMPDIR/profile" --disable-background-networking --disable-component-update \
        --no-first-run --disable-sync --host-resolver-rules='MAP * ~NOTFOUND' \
        --proxy-server=127.0.0.1:9 --enable-logging=stderr --v=0 "$@"
}
# The addresses that a page had asked for, but for files.
asked() { jq -r '.events[].params | objects | .url? | strings | select(test("^(https?|wss?):"))' "$1" | sort -u; }

# Errors, retries, streams and a mixture of sources: all that a page can have.
expect 1 "$GLIMPSE" bench --latency lognormal:10ms:30ms --token-rate 2000 --stream --rate 0-300:1s,300:2s \
    --arrival poisson --fault 500:40%,reset:3% --max-attempts 2 --goodput 'latency<20ms' --alert-window 1s --alert-hold 100ms --base-delay 10ms --breaker wait --thresholds 2,4,80,160 \
    --sla 'p95<1us,throughput>1,error_rate<90%' --model '<script>alert("&")</script>' --seed 7 \
    --calibrate-first on --validity off --json run.json --html run.html -q

browser --dump-dom --log-net-log="$TMPDIR/net.json" "file://$TMPDIR/run.html" >dom.html 2>said || fail "the browser: $(cat said)"
if grep CONSOLE said; then fail "something on the console"; fi
equal "asked for nothing" "$(asked net.json | grep -v 'google' || true)" ""
equal "no element that loads or runs" "$(grep -ciE '<(script|img|link|iframe|object|embed|base)[ >]' run.html || true)" 0
equal "one rule for all of them" "$(grep -c "content=\"default-src 'none'; style-src 'unsafe-inline'\"" run.html)" 1
grep -qF '&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;' run.html || fail "the model's name is not there"

# The same looks see what they look for: a page that loads and complains.
echo '<img src="http://page.invalid/a.png"><script>console.error("here")</script>' >bad.html
browser --dump-dom --log-net-log="$TMPDIR/bad.json" "file://$TMPDIR/bad.html" >/dev/null 2>said || fail "the browser"
grep -q CONSOLE said || fail "an error on the console is not seen"
asked bad.json | grep -q page.invalid || fail "a request is not seen"

figures() { jq -R -s -r --slurpfile run run.json --argjson least 120 -f "${script%/*}/../page/figures.jq" "$1"; }
equal "figures" "$(figures dom.html)" equal
sed 's/data-figure="totals.sent" data-value="/&1/' dom.html >changed.html
figures changed.html | grep -q '^wrong.*totals.sent' ||
    fail "a figure that is wrong is not seen"
for part in 'id="percentiles"' 'id="throughput"' 'id="in-flight"' 'id="errors"' 'faults.balance.faults' 'alerts.0.fired' 'totals.goodput_rps' 'measurement_error.p99_us' '>t1 2' '>t4 160' 'phases.first_us' 'id="heat"' 'id="first-token"' 'id="tokens"' 'heat.counts.0.0' 'timeline.1.ttft_p99_us' 'class="band alert"' 'marks.0.from_s' 'by_source.live.p99_us' '>p99 ' '<code>--times --seed 7 '; do
    grep -qF -e "$part" dom.html || fail "no $part"
done
equal "the word" "$(grep -o '</span> FAIL</strong> [^<]*' dom.html)" "</span> FAIL</strong> $(jq -r .why run.json)"
equal "the word in the table" "$(head -1 out)" "FAIL         $(jq -r .why run.json)"
equal "the sentence in the table" "$(sed -n 2p out | sed 's/^ *//')" "$(jq -r .summary run.json)"
if grep -F 'id="hit-rate"' dom.html; then fail "a chart of nothing has room"; fi

# On a phone nothing is wider than the screen: measured in a frame of that width, by a script of the
# test's own copy.
{
    grep -v Content-Security-Policy run.html
    echo '<script>document.title = "wide:" + document.documentElement.scrollWidth</script>'
} >copy.html
echo '<title>frame</title><iframe src="copy.html" width="360" height="800" frameborder="0"></iframe><script>
    onload = () => document.title = frames[0].document.title</script>' >phone.html
browser --dump-dom --allow-file-access-from-files "file://$TMPDIR/phone.html" >phone.dom 2>said
equal "width on a phone" "$(grep -o 'wide:[0-9]*' phone.dom)" wide:360

# Pictures, to be looked at.
page=file://$TMPDIR/run.html
browser --window-size=1280,3100 --screenshot="$kept/light.png" --blink-settings=preferredColorScheme=1 "$page" 2>said
browser --window-size=1280,3100 --screenshot="$kept/dark.png" --blink-settings=preferredColorScheme=0 "$page" 2>said
echo '<body style="margin:0"><iframe src="run.html" width="360" height="5600" frameborder="0"></iframe>' >small.html
browser --window-size=500,5600 --screenshot="$kept/phone.png" --allow-file-access-from-files "file://$TMPDIR/small.html" 2>said
browser --print-to-pdf="$kept/print.pdf" --no-pdf-header-footer "$page" 2>said
for picture in light.png dark.png phone.png print.pdf; do
    [ -s "$kept/$picture" ] || fail "no $picture"
done
if cmp -s "$kept/light.png" "$kept/dark.png"; then fail "dark is not dark"; fi
cp run.html run.json "$kept"

# Where the page goes.
quick="--latency 0 --requests 5 --calibrate-first off --validity off"
# shellcheck disable=SC2086
{
    expect 0 "$GLIMPSE" bench $quick --html - -q
    equal "the page alone on standard output" "$(head -n 1 out)$(tail -n 1 out)" '<!doctype html></html>'
    expect 64 "$GLIMPSE" bench $quick --html - --json -
    says --json --html
    expect 74 "$GLIMPSE" bench $quick --html /none/run.html
    says --html /none/run.html
    expect 64 "$GLIMPSE" bench --calibrate --html page.html
    says --html --calibrate
    expect 64 "$GLIMPSE" bench --compare run.json run.json --json page.json
    says --json --compare
    echo old >page.html
    ln -s page.html link.html
    expect 0 "$GLIMPSE" bench $quick --html link.html
    [ -L link.html ] && grep -q '</html>' page.html || fail "the link was replaced"
    expect 0 "$GLIMPSE" bench $quick --html /dev/null
}
equal "nothing is left behind" "$(find . -name '*.tmp' | wc -l)" 0
