# --resume: what is the same request is not asked again, wherever its line is now; the output then has
# one record for each line of the input.
ids() { records "$1" '[.[].custom_id] | sort | join(" ")'; }
input_ids() { jq -s -r '[.[].custom_id] | sort | join(" ")' "$1"; }

start_mock --latency 5ms
drafts 50 >in
expect 0 "$GLIMPSE" batch in -o out.jsonl --resume --base-url "$URL" # no OUTPUT: starts afresh
equal requests "$(mock_stats .requests)" 50
expect 0 "$GLIMPSE" batch in -o out.jsonl --resume --base-url "$URL" --summary summary
equal "nothing is sent again" "$(mock_stats .requests)" 50
equal summary "$(jq -c '[.lines,.done,.unsent,.resumed,.attempts,.by_status.aligned]' summary)" \
    '[50,50,0,50,0,50]'
equal "nothing is left beside it" "$(echo out.jsonl*)" out.jsonl

# A line before all others, one changed, one renamed, the last gone; a torn line after the records.
awk 'NR == 1 { print "{\"custom_id\":\"new\",\"input_text\":\"brand new\"}" }
    NR == 3 { sub("number 3", "changed") } NR == 7 { sub("d7", "renamed") } NR < 50 { print }' \
    in >in2
head -c 100 out.jsonl >torn
cat torn >>out.jsonl
expect 0 "$GLIMPSE" batch in2 -o out.jsonl --resume --base-url "$URL" --summary summary
says '47 records stand, 1 answers serve other lines, 3 old records dropped, 1 torn'
equal "two are new" "$(mock_stats .requests)" 52
equal ids "$(ids out.jsonl)" "$(input_ids in2)"
equal summary "$(jq -c '[.done,.resumed,.attempts,.by_source.cache]' summary)" '[50,48,2,1]'
equal "moved and renamed" "$(jq -c 'select(.custom_id == "renamed" or .custom_id == "d1") |
    [.custom_id,.glimpse.line,.glimpse.source,.glimpse.attempts,.glimpse.sample]' out.jsonl)" \
    '["d1",2,"live",1,"text number 1"]
["renamed",8,"cache",0,"text number 7"]'
equal "line numbers" "$(jq -r 'select(.custom_id != null) | "\(.custom_id) \(.glimpse.line)"' \
    out.jsonl | sort)" "$(jq -r '"\(.custom_id) \(input_line_number)"' in2 | sort)"

# From a pipe, and in order.
"$GLIMPSE" batch - -o out.jsonl --resume --ordered --base-url "$URL" <in2 >out 2>err || fail "a pipe"
cat in2 | "$GLIMPSE" batch - -o out.jsonl --resume --ordered --base-url "$URL" >out 2>err ||
    fail "a pipe"
equal "still" "$(mock_stats .requests)" 52
sed 's/"d\([0-9]*\)"/"e\1"/' in2 >in3
expect 0 "$GLIMPSE" batch in3 -o out.jsonl --resume --ordered --base-url "$URL"
equal "all were known but for their names" "$(mock_stats .requests)" 52
{ drafts 3 more; cat in3; drafts 3 late; } | sed 's/\("\(more\|late\).*\)number/\1\2/' >in4
expect 0 "$GLIMPSE" batch in4 -o out.jsonl --resume --ordered --base-url "$URL"
equal "six new" "$(mock_stats .requests)" 58
equal ordered "$(records out.jsonl '[.[].custom_id] | join(" ")')" \
    "$(jq -s -r '[.[].custom_id] | join(" ")' in4)"
equal mode "$(ls -l out.jsonl | cut -c1-10)" "$(ls -l in4 | cut -c1-10)"

# Lines without an id are called by their number: their answers move with them.
drafts 20 | sed 's/"custom_id":"[^"]*",//' >plain
expect 0 "$GLIMPSE" batch plain -o plain.jsonl --base-url "$URL" --cache-size 0
before=$(mock_stats .requests)
{ echo '{"input_text":"first"}' && cat plain; } >shifted
expect 0 "$GLIMPSE" batch shifted -o plain.jsonl --resume --base-url "$URL"
equal "one is new" "$(mock_stats .requests)" $((before + 1))
equal "each its own" "$(jq -r '"\(.glimpse.line) \(.glimpse.sample)"' plain.jsonl | sort)" \
    "$(jq -r '"\(input_line_number) \(.input_text)"' shifted | sort)"
# Without a cache each line wants an answer of its own.
{ cat shifted && echo '{"custom_id":"again","input_text":"first"}'; } >twice
before=$(mock_stats .requests)
expect 0 "$GLIMPSE" batch twice -o plain.jsonl --resume --base-url "$URL" --cache-size 0
equal "asked" "$(mock_stats .requests)" $((before + 1))

# The same body to another path is another request.
echo '{"custom_id":"e","method":"POST","url":"/v1/embeddings","body":{"model":"m","input":"x"}}' >embed
expect 0 "$GLIMPSE" batch embed -o embed.jsonl --base-url "$URL"
equal path "$(jq -r .glimpse.path embed.jsonl)" /embeddings
before=$(mock_stats .requests)
expect 0 "$GLIMPSE" batch embed -o embed.jsonl --resume --base-url "$URL"
equal "the same" "$(mock_stats .requests)" "$before"
{ cat embed && sed 's/embeddings/moderations/;s/"e"/"m"/' embed; } >moderate
code=0
"$GLIMPSE" batch moderate -o embed.jsonl --resume --base-url "$URL" >out 2>err || code=$?
equal "another path is asked" "$(mock_stats .requests)" $((before + 1))

# Where each record stands as it is, the file stays: not a byte is written, whatever its order.
inode() { ls -i "$1" | sed 's/ .*//'; }
drafts 200 | sed 's/"d7"/"a \\"7\\u00e9"/' >stand
expect 0 "$GLIMPSE" batch stand -o first.jsonl --base-url "$URL"
awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) print line[i] }' first.jsonl >stand.jsonl
cp stand.jsonl was.jsonl
was=$(inode stand.jsonl)
before=$(mock_stats .requests)
echo "of a killed run" >stand.jsonl.resuming
expect 0 "$GLIMPSE" batch stand -o stand.jsonl --resume --base-url "$URL" --summary summary
says '200 records stand, 0 answers serve other lines, 0 old records dropped, 0 torn'
equal "the same file" "$(inode stand.jsonl)" "$was"
cmp was.jsonl stand.jsonl || fail "a record was touched"
equal "nothing is left beside it" "$(echo stand.jsonl*)" stand.jsonl
equal summary "$(jq -c '[.lines,.done,.resumed,.attempts,.by_status.aligned,.by_source.live]' summary)" \
    '[200,200,200,0,200,200]'
# A line that has no record yet is added to it.
{ cat stand && echo '{"custom_id":"added","input_text":"added"}'; } >stand2
expect 0 "$GLIMPSE" batch stand2 -o stand.jsonl --resume --base-url "$URL"
equal "the same file" "$(inode stand.jsonl)" "$was"
head -n 200 stand.jsonl | cmp - was.jsonl || fail "a record was touched"
equal "one is new" "$(mock_stats .requests)" $((before + 1))
# The last line is another one's: all that stood goes into the new file.
sed '$s/added"/renamed"/' stand2 >stand3
expect 0 "$GLIMPSE" batch stand3 -o stand.jsonl --resume --base-url "$URL"
equal ids "$(ids stand.jsonl)" "$(input_ids stand3)"
equal "as they were" "$(grep -v '"renamed"' stand.jsonl | sort)" "$(sort was.jsonl)"
# A line less: its record goes, and with it the file.
head -n 199 stand >stand4
expect 0 "$GLIMPSE" batch stand4 -o stand.jsonl --resume --base-url "$URL"
equal ids "$(ids stand.jsonl)" "$(input_ids stand4)"
# Records that another program has written anew are the same records.
sed 's/"custom_id":/"custom_id" : /' stand.jsonl >spaced && mv spaced stand.jsonl
expect 0 "$GLIMPSE" batch stand4 -o stand.jsonl --resume --base-url "$URL"
equal ids "$(ids stand.jsonl)" "$(input_ids stand4)"
equal "none is asked again" "$(mock_stats .requests)" $((before + 1))
