/* playbook.c - docs/playbook.md section 6 measured again; see more.h. */
#include <stdio.h>

#include "bench/more.h"
#include "exits.h"
#include "say.h"

/* The figures of one run for a row. */
typedef struct figures {
    double miss_s, hit_s, p95_s; /* means of live and cached answers; of live ones */
    double throughput, hit_rate, elapsed_s;
} figures;

static int measure(const bench_ask *ask, figures *out)
{
    bench_result result;
    int code = bench_run(ask, &result);
    const load_recorder *r = &result.recorder;
    if (code == 0) code = bench_early_exit(&result);
    if (code == 0) {
        const gl_histogram *live = r->by_source[GLIMPSE_SOURCE_LIVE];
        *out = (figures){
            .miss_s = gl_histogram_mean(live) / 1e6,
            .hit_s = gl_histogram_mean(r->by_source[GLIMPSE_SOURCE_CACHE]) / 1e6,
            .p95_s = (double)gl_histogram_quantile(live, 0.95) / 1e6,
            .throughput = load_recorder_throughput(r),
            .hit_rate = load_recorder_hit_rate(r),
            .elapsed_s = result.facts.elapsed_s,
        };
    }
    bench_result_free(&result);
    return code;
}

/* Users whose requests are all new. */
static bench_ask unique(const bench_ask *ask, uint64_t users, uint64_t per_user)
{
    bench_ask one = *ask;
    one.pool_ratio = 0;
    one.plan = (load_plan){ .users = users, .per_user = per_user };
    return one;
}

int bench_playbook(const bench_ask *asked)
{
    figures mixed, misses, hits, three;
    bench_ask all = *asked, *ask = &all;
    all.client = BENCH_CLIENT_ENGINE; /* the playbook's system had a cache and retries */
    bench_ask mix = *ask, warm = *ask, alone = unique(ask, 1, 6), three_at_once = unique(ask, 3, 1);
    mix.plan = (load_plan){ .users = 12, .per_user = 8 };
    /* One request again and again: its first answer is within the warm-up, all others are hits. */
    warm.pool_ratio = 1;
    warm.pool_size = 1;
    warm.plan = (load_plan){ .users = 1, .duration = 5 * GL_SECOND, .warmup = 4900 * GL_MS };
    int code = measure(&mix, &mixed);
    if (code == 0) code = measure(&alone, &misses);
    if (code == 0) code = measure(&warm, &hits);
    if (code == 0) code = measure(&three_at_once, &three);
    if (code != 0) return code;
    printf("%-38s %-22s %s\n", "Metric", "the system before", "glimpse");
    printf("%-38s %-22s %.2f s\n", "Avg latency (cache miss)", "~1.7 s", mixed.miss_s);
    printf("%-38s %-22s %.6f s\n", "Avg latency (cache hit)", "~0.06 s", hits.hit_s);
    printf("%-38s %-22s %.2f req/s\n", "Throughput (single thread, misses)", "~0.6 req/s",
           misses.throughput);
    printf("%-38s %-22s %.0f req/s\n", "Throughput (single thread, hits)", "~16 req/s",
           hits.throughput);
    printf("%-38s %-22s %.2f s\n", "Tail latency (p95)", "~2.5 s", mixed.p95_s);
    printf("%-38s %-22s %.0f %%\n", "Cache hit rate (mixed)", "45 %", 100 * mixed.hit_rate);
    printf("%-38s %-22s %.2f s total (%.2f s per)\n", "Concurrent batch latency (3)",
           "3.24 s (~1.08 s per)", three.elapsed_s, three.elapsed_s / 3);
    puts("single thread: one request at a time, as the playbook counted; glimpse's one thread has "
         "many\n"
         "in flight");
    return say_flush_stdout() ? EXIT_DONE : EXIT_IO;
}
