# 10,000 drafts of which 30 % repeat an earlier one, half of these one of the last hundred, which is
# likely to be in flight: the mock sees each distinct draft once.
. "$(dirname "$script")/figures.sh"
start_mock --latency 200ms
awk 'BEGIN {
    srand(7)
    for (i = 1; i <= 10000; i++) {
        r = rand()
        n = r >= 0.3 || distinct == 0 ? ++distinct : \
            r >= 0.15 || distinct < 100 ? 1 + int(rand() * distinct) : distinct - int(rand() * 100)
        printf "{\"input_text\":\"text number %d\",\"goal\":\"one sentence\"}\n", n
    }
}' >in.jsonl
distinct=$(sort -u in.jsonl | wc -l)
run_batch --concurrency 256 --cache-size 20000
figure "exit code" $code == 0
figure "requests at the mock" "$(from .requests)" == "$distinct"
figure "records" "$(wc -l <out.jsonl)" == 10000
figure "records aligned" "$(records_of '.glimpse.status == "aligned"')" == 10000
figure "live + cache + coalesced" "$(of '.by_source | .live + .cache + .coalesced')" == 10000
figure "coalesced" "$(of .by_source.coalesced)" '>=' 1
note "distinct drafts" "$distinct"
note "from the cache" "$(of .by_source.cache)"
note "seconds" "$(of .elapsed_s)"
verdict
