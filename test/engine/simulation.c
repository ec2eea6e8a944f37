/*
 * simulation.c - the whole engine under seeded weather, in virtual time.
 *
 * A seed draws everything: one to three engines on one cache or none, their settings, the load (raw
 * bodies in two spellings, drafts, nonsense), what the endpoint does to each attempt, when memory
 * is short, and what callbacks do: submit, cancel, close, free, take long. After every step of the
 * loop the books are checked; at every callback, what it says; at the end, what only the whole
 * shows (world.h has the state).
 *
 *   SIM_SEEDS=n   runs the seeds 1 to n instead of 1 to 10,000
 *   SIM_SEED=n    begins with seed n, and runs only it unless SIM_SEEDS says how many
 *   SIM_TRACE=f   writes what callbacks saw to f, a line each; of equal seeds, byte for byte alike
 */
#include <inttypes.h>

#include <glimpse/flow.h>

#include "check_books.h"
#include "check_result.h"
#include "engine/set_pool.h"
#include "ledger.h"
#include "weather.h"

static world *w; /* the one that runs */

/* What the seeds met, so that a run in which nothing happened is no success. */
static struct {
    uint64_t live, packed, cached, coalesced, cut, streamed, broken, stopped, probed, local,
        refused, cancelled, late, short_memory, retried, poisoned, spared, watched, paused, behind,
        elsewhere, moved;
} met;

/* --- trace --- */

static void note(const char *what, uint64_t a, uint64_t b)
{
    const uint64_t values[] = { (uint64_t)what[0], a, b, gl_sim_now() };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        w->trace = (w->trace ^ values[i]) * UINT64_C(0x100000001b3);
    if (w->trace_file != NULL)
        fprintf(w->trace_file, "%" PRIu64 " %s %" PRIu64 " %" PRIu64 "\n", gl_sim_now(), what, a,
                b);
}

static bool dice(uint32_t sides)
{
    return gl_rng_below(&w->rng, sides) == 0;
}

static int64_t between(int64_t low, int64_t high)
{
    return low + (int64_t)gl_rng_below(&w->rng, (uint32_t)(high - low + 1));
}

/* Memory is short for one allocation in so many, while the seed says so. */
static bool gate(void)
{
    return gl_rng_below(&w->gate_rng, w->short_memory) != 0;
}

static void set_gate(bool on)
{
    gl_alloc_set_gate(on && w->short_memory != 0 ? gate : NULL);
}

/* --- the caller --- */

/* Failed probes of an open circuit cost a request none of its attempts. */
static bool may_probe(const house *h)
{
    bool waits = h->config.breaker == GLIMPSE_BREAKER_WAIT || h->config.pool != NULL;
    return waits && has_opened(h);
}

static void act(void);
static void on_result(glimpse_id id, const glimpse_result *result, void *arg);

/* A callback that takes long; then nothing is on time any more. */
static void dawdle(void)
{
    if (!w->dawdles || !dice(10)) return;
    gl_sim_advance(gl_rng_below(&w->rng, 300) * GL_MS);
}

static void on_notice(glimpse_id id, const glimpse_notice *notice, void *arg)
{
    ticket *t = arg;
    assert_false(w->inside_call);
    assert_int_equal(id, t->id);
    assert_int_equal(t->results, 0);
    assert_true(notice->message != NULL && notice->message[0] != '\0');
    if (notice->kind == GLIMPSE_NOTICE_RETRY) {
        t->retries++;
        assert_true(notice->delay_ms >= 0 && notice->error != GLIMPSE_OK);
        /* Each may have been made twice, the first time on a dead connection. */
        assert_true(notice->attempt < 2 * t->house->config.max_attempts || may_probe(t->house) ||
                    t->house->engine->stats.key_stops != 0); /* each key may be refused once more */
    } else {
        const int64_t due[] = { t->thresholds.t1_ms, t->thresholds.t2_ms, t->thresholds.t3_ms,
                                t->thresholds.t4_ms };
        assert_int_equal(notice->kind, t->notices); /* each once, in order */
        assert_true(notice->elapsed_ms >= due[t->notices]);
        if (!w->dawdles) assert_int_equal(notice->elapsed_ms, due[t->notices]);
        t->notices++;
    }
    t->house->notices++;
    note("notice", t->number, notice->kind);
    dawdle();
    if (dice(12)) act();
    if (dice(20) && !t->house->freed) {
        t->cancelled = true;
        glimpse_cancel(t->house->engine, id);
    }
}

/* A reader that cannot take more now. Who reads on_event may miss some bytes. */
static void pause_reader(ticket *t)
{
    if (t->house->freed || w->hurries) return;
    t->paused = true;
    met.paused++;
    w->inside_call = true;
    glimpse_request_pause(t->house->engine, t->id, dice(2) ? 0 : 1 + gl_rng_below(&w->rng, 20));
    w->inside_call = false;
}

static void let_read(ticket *t)
{
    if (!t->paused || t->house->freed) return;
    t->paused = false;
    w->inside_call = true;
    glimpse_request_go_on(t->house->engine, t->id);
    w->inside_call = false;
}

/* The events of an answer are its text in pieces and a stop; without a stop it may go on. */
static void check_seen(const ticket *t, bool over)
{
    char whole[64], cut[64];
    snprintf(whole, sizeof whole, "%s.", w->whole[t->answer]);
    snprintf(cut, sizeof cut, "%s.", w->cut[t->answer]);
    size_t len = over ? SIZE_MAX : t->seen_len;
    assert_true(strncmp(t->seen, whole, len) == 0 || strncmp(t->seen, cut, len) == 0);
}

static void on_event(glimpse_id id, const glimpse_event *event, void *arg)
{
    ticket *t = arg;
    assert_false(w->inside_call || t->paused);
    assert_int_equal(id, t->id);
    assert_int_equal(t->results, 0);
    assert_true(t->streams && event->len > 0 && t->seen_len + event->len < sizeof t->seen);
    memcpy(t->seen + t->seen_len, event->bytes, event->len);
    t->seen_len += event->len;
    check_seen(t, false);
    note("event", t->number, t->seen_len);
    met.watched++;
    if (dice(10)) pause_reader(t);
    if (dice(20)) act();
    if (dice(40) && !t->house->freed) {
        t->cancelled = true;
        glimpse_cancel(t->house->engine, id);
    }
}

/* Text told as it comes: always a part of an answer to this question. */
static void on_text(glimpse_id id, const char *text, size_t len, void *arg)
{
    ticket *t = arg;
    assert_false(w->inside_call || t->paused);
    assert_int_equal(id, t->id);
    assert_int_equal(t->results, 0);
    assert_true(t->streams && len > 0 && t->heard_len + len < sizeof t->heard);
    memcpy(t->heard + t->heard_len, text, len);
    t->heard_len += len;
    assert_true(strncmp(t->heard, w->whole[t->answer], t->heard_len) == 0 ||
                strncmp(t->heard, w->cut[t->answer], t->heard_len) == 0);
    note("text", t->number, t->heard_len);
    met.streamed++;
    dawdle();
    if (dice(20)) pause_reader(t);
    if (dice(20)) act();
    if (dice(30) && !t->house->freed) {
        t->cancelled = true;
        glimpse_cancel(t->house->engine, id);
    }
}

/* The tag is in a member that changes no answer and no key. */
static const char *body_of(char out[192], const ticket *t, int text, char model)
{
    const char *stream =
        t->streams ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}" : "";
    bool other_spelling = dice(3);
    if (other_spelling)
        snprintf(out, 192,
                 "{ \"messages\":[{\"content\":\"q#%02d\",\"role\":\"user\"}], "
                 "\"user\":\"t#%03" PRIu64 "\", \"model\":\"model-%c\"%s}",
                 text, t->number, model, stream);
    else
        snprintf(out, 192,
                 "{\"model\":\"model-%c\",\"messages\":[{\"role\":\"user\",\"content\":"
                 "\"q#%02d\"}],\"user\":\"t#%03" PRIu64 "\"%s}",
                 model, text, t->number, stream);
    return out;
}

/* What the request asks for, and the options it asks with. */
static glimpse_error submit_with(house *h, ticket *t, glimpse_options *options,
                                 const glimpse_observer *observer)
{
    static const char *const scopes[CALLERS] = { NULL, "share:a", "name:b" };
    char body[192], input[16];
    int text = (int)gl_rng_below(&w->rng, TEXTS);
    char model = dice(4) ? 'b' : 'a';
    bool is_draft = dice(3); /* its body has no tag, so its caller has no scope */
    if (is_draft) t->scope = 0;
    t->answer = world_answer(text, model - 'a', h, t->scope);
    if (is_draft) {
        glimpse_options draft_options = *options;
        snprintf(input, sizeof input, "q#%02d", text);
        draft_options.stream = t->streams;
        draft_options.model = model == 'b' ? "model-b" : NULL;
        glimpse_draft draft = { .input_text = input, .goal = dice(2) ? "goal" : NULL };
        return glimpse_submit_draft(h->engine, &draft, &draft_options, observer, t, &t->id);
    }
    options->scope = scopes[t->scope];
    glimpse_chat chat = { .body = body_of(body, t, text, model) };
    t->bad = dice(25);
    t->tagged = !t->bad;
    if (t->bad) chat.body = "not json";
    return glimpse_submit_chat(h->engine, &chat, options, observer, t, &t->id);
}

static void submit_one(void)
{
    if (w->count == TICKETS) return;
    house *h = &w->houses[gl_rng_below(&w->rng, (uint32_t)w->house_count)];
    if (h->freed) return;
    ticket *t = &w->tickets[w->count];
    *t = (ticket){ .house = h, .number = (uint64_t)w->count++, .submitted = gl_sim_now() };
    glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                  .on_notice = on_notice,
                                  .on_result = on_result };
    t->listens = !dice(3);
    if (!t->listens) observer.on_notice = NULL;
    t->streams = dice(3);
    t->hears = !dice(3);
    if (t->hears) observer.on_text = on_text;
    t->sees = dice(2);
    if (t->sees) observer.on_event = on_event;
    t->scope = (int)gl_rng_below(&w->rng, CALLERS);
    glimpse_options options;
    glimpse_options_init(&options);
    t->thresholds = h->config.thresholds;
    if (dice(5)) {
        int64_t t1 = between(1, 3000);
        t->thresholds = (glimpse_thresholds){ t1, t1 + 1, t1 + between(2, 2000), t1 + 5000 };
        options.thresholds = t->thresholds;
    }
    t->deadline_ms = h->config.deadline_ms;
    if (dice(4)) t->deadline_ms = options.deadline_ms = between(1, 20000);
    t->fallback = h->config.fallback_on;
    if (dice(3)) options.priority = GLIMPSE_PRIORITY_INTERACTIVE;
    static const char *const callers[] = { NULL, "a", "b", "c" };
    options.caller = callers[w->count % 4];
    if (dice(8)) options.cache_control = (int)gl_rng_below(&w->rng, 4);
    t->control = options.cache_control < 0 ? GLIMPSE_CACHE_USE
                                           : (glimpse_cache_control)options.cache_control;
    if (dice(4)) {
        t->fallback = dice(2);
        options.fallback = t->fallback ? 1 : 0;
    }

    w->inside_call = true;
    glimpse_error error = submit_with(h, t, &options, &observer);
    w->inside_call = false;
    if (h->closing)
        assert_int_equal(error, GLIMPSE_ERR_CLOSING);
    else
        assert_true(error == GLIMPSE_OK || (error == GLIMPSE_ERR_OOM && w->short_memory != 0));
    t->accepted = error == GLIMPSE_OK;
    if (t->accepted) h->accepted++;
    note("submit", t->number, (uint64_t)error);
}

static void closed(void *arg)
{
    house *h = arg;
    assert_int_equal(h->closed, 0);
    assert_int_equal(h->results, h->accepted); /* the last result has been told */
    if (!w->dawdles) assert_true(gl_sim_now() <= h->close_by);
    h->closed++;
    note("closed", (uint64_t)(h - w->houses), 0);
}

static void close_house(house *h)
{
    int64_t grace = dice(3) ? 0 : between(0, 5000);
    gl_time by = gl_time_add_ms(gl_sim_now(), grace);
    h->close_by = h->closing ? gl_time_min(h->close_by, by) : by;
    h->closing = h->close_called = true;
    w->inside_call = true;
    glimpse_engine_close(h->engine, grace, closed, h);
    w->inside_call = false;
}

/* Inside a callback nobody is told before it ends; outside, everybody at once. */
static void free_house(house *h)
{
    h->freed = h->closing = true;
    h->close_by = gl_time_min(h->close_by, gl_sim_now());
    glimpse_engine_free(h->engine);
}

/* Another pool for an engine that runs. */
static void move(house *h)
{
    world_list(h);
    h->moved = true;
    w->inside_call = true;
    glimpse_error error = gl_engine_set_pool(h->engine, &h->pool);
    w->inside_call = false;
    assert_true(error == GLIMPSE_OK || (error == GLIMPSE_ERR_OOM && w->short_memory != 0));
    met.moved++;
}

/* Something that a caller may do at any time. */
static void act(void)
{
    uint32_t what = gl_rng_below(&w->rng, 100);
    house *h = &w->houses[gl_rng_below(&w->rng, (uint32_t)w->house_count)];
    if (what < 85) {
        submit_one();
    } else if (what < 86 && w->count > 0) {
        for (int i = 0; i < w->count; i++)
            if (dice(2)) let_read(&w->tickets[i]);
    } else if (what < 88 && !h->freed) { /* the account has been seen to */
        w->inside_call = true;
        glimpse_engine_resume(h->engine);
        w->inside_call = false;
    } else if (what == 88 && h->config.pool != NULL && !h->freed) {
        move(h);
    } else if (what == 89) {
        place *p = &h->places[gl_rng_below(&w->rng, (uint32_t)h->place_count)];
        p->broke = !p->broke && h->config.pool != NULL;
    } else if (what < 98 && w->count > 0) {
        ticket *t = &w->tickets[gl_rng_below(&w->rng, (uint32_t)w->count)];
        if (t->house->freed || !t->accepted) return;
        t->cancelled = true;
        w->inside_call = true;
        glimpse_cancel(t->house->engine, t->id);
        w->inside_call = false;
    } else if (what == 98 && w->may_close && !h->freed) {
        close_house(h);
    } else if (what == 99 && w->may_free && !h->freed) {
        free_house(h);
    }
}

/* --- results --- */

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    ticket *t = arg;
    bool answered = glimpse_result_status(result) == GLIMPSE_STATUS_ALIGNED;
    assert_false(w->inside_call);
    assert_int_equal(t->results, 0);
    t->results++;
    t->house->results++;
    assert_int_equal(id, t->id);
    assert_int_equal(glimpse_result_error(result) == GLIMPSE_OK, answered);
    ledger_check(t, result);
    if (answered && t->seen_len != 0) check_seen(t, true);
    /* One who took a leader's place before a retry has not that attempt in its own ledger. */
    if (w->short_memory == 0) assert_true(t->retries <= glimpse_result_attempt_count(result) + 1);
    if (answered)
        check_answer(t, result);
    else
        check_failure(t, result);
    check_times(t, result);
    t->source = glimpse_result_source(result);
    t->settled = t->submitted + (gl_time)glimpse_result_timings(result)->total_ns;
    t->whole = answered && strcmp(glimpse_result_finish_reason(result), "stop") == 0;
    t->came = glimpse_result_error(result) == GLIMPSE_ERR_CANCELLED &&
              strcmp(glimpse_result_partial(result, NULL), w->whole[t->answer]) == 0;
    t->house->attempts += (uint64_t)glimpse_result_attempts(result);
    if (dice(16)) t->kept = glimpse_result_ref(result);
    note("result", t->number, glimpse_result_status(result) * 64u + glimpse_result_error(result));
    note("settled", t->settled, (uint64_t)glimpse_result_attempts(result));
    if (answered && t->source == GLIMPSE_SOURCE_LIVE && t->start_count > 0 &&
        t->start_count <= STARTS) {
        const start *last = &t->starts[t->start_count - 1];
        if (last->number > last->at->answered) last->at->answered = last->number;
        met.elsewhere += last->at != t->starts[0].at;
    }
    met.live += answered && t->source == GLIMPSE_SOURCE_LIVE;
    met.packed += t->source == GLIMPSE_SOURCE_PACKED;
    met.cut += answered && !t->whole;
    met.cached += t->source == GLIMPSE_SOURCE_CACHE;
    met.coalesced += answered && t->source == GLIMPSE_SOURCE_COALESCED;
    met.local += t->source == GLIMPSE_SOURCE_LOCAL;
    met.refused += glimpse_result_circuit_open(result);
    met.cancelled += glimpse_result_error(result) == GLIMPSE_ERR_CANCELLED;
    met.late += glimpse_result_error(result) == GLIMPSE_ERR_DEADLINE;
    met.short_memory += glimpse_result_error(result) == GLIMPSE_ERR_OOM;
    met.behind += glimpse_result_error(result) == GLIMPSE_ERR_BEHIND;
    met.broken += glimpse_result_partial(result, NULL)[0] != '\0';
    met.stopped += glimpse_result_error(result) == GLIMPSE_ERR_QUOTA;
    met.probed += ledger_probes(t) > 0;
    met.poisoned += glimpse_result_status(result) == GLIMPSE_STATUS_SERVER_ERROR &&
                    t->answer / OF_TEXT == w->poison;
    met.spared += t->start_count > 0 &&
                  t->starts[t->start_count > STARTS ? STARTS - 1 : t->start_count - 1].spared > 0;
    met.retried += glimpse_result_attempts(result) > 1;
    dawdle();
    if (dice(4)) act();
}

/* --- the books, after every step --- */

static void check_books(void)
{
    for (int i = 0; i < w->house_count; i++) check_house(&w->houses[i]);
    if (w->cache == NULL) return;
    glimpse_cache_stats cache = { .size = sizeof cache };
    glimpse_cache_get_stats(w->cache, &cache);
    assert_true(cache.entries <= (uint64_t)w->cache_bounds.max_entries);
    assert_true(cache.bytes <= (uint64_t)w->cache_bounds.max_bytes);
}

static void run_until(gl_time then)
{
    for (size_t steps = 0; gl_sim_next() <= then; steps++) {
        assert_true(steps < 1000000);
        if (!gl_sim_step()) break;
        set_gate(false);
        check_books();
        set_gate(true);
    }
    gl_sim_run_until(then);
}

/* --- what only the whole shows --- */

/* A cached answer was given live before, to the same question, and not longer ago than it lives. */
static void check_hits(void)
{
    gl_time ttl = gl_time_add_ms(0, w->cache_bounds.ttl_ms);
    for (int i = 0; i < w->count; i++) {
        const ticket *hit = &w->tickets[i];
        if (hit->results == 0 || !hit->whole || hit->source != GLIMPSE_SOURCE_CACHE) continue;
        bool found = false;
        for (int k = 0; k < w->count && !found; k++) {
            const ticket *live = &w->tickets[k];
            /* Whoever leaves with all of it unread has paid for it. */
            found =
                (live->whole || live->came) &&
                (live->source == GLIMPSE_SOURCE_LIVE || live->source == GLIMPSE_SOURCE_PACKED) &&
                live->answer == hit->answer && live->settled <= hit->settled &&
                hit->settled - live->settled <= ttl;
        }
        assert_true(found);
    }
}

/* --- a seed --- */

static uint64_t run_seed(uint64_t seed, FILE *trace)
{
    static world the_world;
    w = &the_world;
    world_init(w, seed);
    w->trace_file = trace;
    world_open(w, weather_plan);
    set_gate(true);
    int load = (int)between(20, TICKETS / 2);
    for (int i = 0; i < load; i++) {
        act();
        if (dice(30)) w->outage = !w->outage;
        if (dice(2)) run_until(gl_time_add_ms(gl_sim_now(), between(0, w->pace_ms)));
    }
    if (dice(4)) { /* freed with requests in every state */
        run_until(gl_time_add_ms(gl_sim_now(), between(0, 3000)));
        for (int i = 0; i < w->house_count; i++)
            if (!w->houses[i].freed) free_house(&w->houses[i]);
    }
    run_until(gl_time_add_ms(gl_sim_now(), between(0, 60000)));
    w->outage = false; /* whoever waits for the end of it sees it */
    for (int i = 0; i < w->house_count; i++)
        for (int k = 0; k < w->houses[i].place_count; k++) w->houses[i].places[k].broke = false;
    /* What fails with 500 ends by itself; the rest would be an outage to the last that is left. */
    if (w->poison_status != 500) w->poison = -1;
    w->hurries = true;
    for (int i = 0; i < w->count; i++) let_read(&w->tickets[i]);
    run_until(GL_TIME_NEVER - 1);
    set_gate(false);
    check_books();
    for (int i = 0; i < w->count; i++)
        assert_int_equal(w->tickets[i].results, w->tickets[i].accepted ? 1 : 0);
    for (int i = 0; i < w->house_count; i++)
        assert_int_equal(w->houses[i].closed, w->houses[i].close_called ? 1 : 0);
    check_hits();
    world_close(w);
    return w->trace;
}

static uint64_t running_seed;

/* Names the seed of a run that failed; nothing after one that did not. */
static int name_the_seed(void **state)
{
    (void)state;
    set_gate(false);
    if (running_seed != 0)
        print_message("to replay: SIM_SEED=%llu\n", (unsigned long long)running_seed);
    return 0;
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

static void every_seed_keeps_the_rules_and_replays_exactly(void **state)
{
    (void)state;
    bool one = getenv("SIM_SEED") != NULL;
    uint64_t first = from_environment("SIM_SEED", 1);
    uint64_t count = from_environment("SIM_SEEDS", one ? 1 : SEEDS);
    const char *path = getenv("SIM_TRACE");
    FILE *trace = path != NULL ? fopen(path, "w") : NULL;
    for (uint64_t seed = first; seed < first + count; seed++) {
        running_seed = seed;
        uint64_t seen = run_seed(seed, trace);
        if (one || seed % 10 == 0) assert_int_equal(run_seed(seed, NULL), seen);
    }
    running_seed = 0;
    if (trace != NULL) fclose(trace);
    print_message(
        "%" PRIu64 " seeds; results: live %" PRIu64 " (cut %" PRIu64 ", after retries %" PRIu64
        "), packed %" PRIu64 ", cached %" PRIu64 ", coalesced %" PRIu64 ", local %" PRIu64
        ", refused by the circuit %" PRIu64 ", cancelled %" PRIu64 ", past the deadline %" PRIu64
        ", out of memory %" PRIu64 ", with partial text %" PRIu64 ", without quota %" PRIu64
        ", probes %" PRIu64 ", failing at each attempt %" PRIu64
        ", with attempts that cost nothing %" PRIu64 ", too far behind %" PRIu64
        ", answered by another endpoint than the first %" PRIu64 ", moved to another pool %" PRIu64
        "; pieces told %" PRIu64 ", events %" PRIu64 ", pauses of readers %" PRIu64 "\n",
        count, met.live, met.cut, met.retried, met.packed, met.cached, met.coalesced, met.local,
        met.refused, met.cancelled, met.late, met.short_memory, met.broken, met.stopped, met.probed,
        met.poisoned, met.spared, met.behind, met.elsewhere, met.moved, met.streamed, met.watched,
        met.paused);
    if (count < 1000) return; /* too few to meet everything */
    assert_true(met.live && met.packed && met.cut && met.retried && met.cached && met.coalesced &&
                met.local && met.refused && met.cancelled && met.late && met.short_memory &&
                met.broken && met.stopped && met.probed && met.poisoned && met.spared &&
                met.elsewhere && met.moved && met.streamed && met.watched && met.paused &&
                met.behind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_seed_keeps_the_rules_and_replays_exactly, name_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
