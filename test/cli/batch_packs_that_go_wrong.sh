# Whatever the model does to a pack's list, each draft ends with the answer it would have got alone.
start_mock
awk 'BEGIN { for (i = 1; i <= 300; i++)
    printf "{\"custom_id\":\"d%d\",\"input_text\":\"Report %d of the day. It rained.\",\"goal\":\"summarize\"}\n", i, i }' >in
expect 0 "$GLIMPSE" batch in -o alone --base-url "$URL"
filter='sort_by(.custom_id) | .[] | [.custom_id, .glimpse.sample] | @tsv'
records alone "$filter" >right

# FAULT PACKED: how many of 300 drafts are answered by packs at least, when every pack meets it.
try() {
    kill "$MOCK"
    start_mock --fault "$1"
    expect 0 "$GLIMPSE" batch in -o packed --overwrite --base-url "$URL" --pack --summary summary
    records packed "$filter" >found
    cmp right found >&2 || fail "$1: other samples than without --pack"
    packed=$(jq .pack.packed summary)
    [ "$packed" -ge "$2" ] || fail "$1: only $packed packed"
    # Whatever was paid for is in the records, but for packs that answered nobody.
    case $1 in
    *notjson*) ;;
    *) equal "$1: tokens" "$(records packed 'map(.glimpse.usage.total_tokens) | add')" \
        "$(jq '.usage.prompt_tokens + .usage.completion_tokens' summary)" ;;
    esac
    equal "$1: requests" "$(mock_stats .requests)" "$(jq .attempts summary)"
}
try pack_short:100% 200
try pack_order:100% 280
try pack_duplicate:100% 200
try pack_overlong:100% 280
try pack_cut:100% 80
try pack_notjson:100% 0 # three such packs, and it packs no more
says "drafts go out alone from here on"
try pack_short:10%,pack_order:10%,pack_duplicate:10%,pack_overlong:10%,pack_notjson:5%,pack_cut:5%,429:5%,500:5% 100
