/* workload.c - see workload.h. */
#include "bench/workload.h"

#include <stdio.h>
#include <string.h>

#include "exits.h"
#include "load/number.h"
#include "say.h"

/* Lengths of the two measurements, in words: so far apart that a token more or less is half a
 * percent. */
#define SHORT_WORDS 50
#define LONG_WORDS  450

static bool given(const cli_settings *s, const char *name)
{
    return settings_origin(s, name) != FROM_DEFAULT;
}

static int refused(const char *option, const char *problem)
{
    say("--%s: %s", option, problem);
    return EXIT_VALUE;
}

bool bench_wants_workload(const cli_settings *settings, const load_trace *trace)
{
    static const char *const options[] = { "endpoint",       "input-tokens",  "output-tokens",
                                           "ignore-eos",     "min-tokens",    "texts",
                                           "turns",          "shared-prefix", "class",
                                           "words-per-token" };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (given(settings, options[i])) return true;
    return trace->lengths;
}

static int read_lengths(const char *option, const char *text, load_lengths *lengths)
{
    char problem[160];
    if (text == NULL || load_lengths_parse(lengths, gl_slice_str(text), problem, sizeof problem))
        return 0;
    say("--%s: '%.60s' %s", option, text, problem);
    return EXIT_VALUE;
}

static int plan_defaults(const cli_settings *s, const load_trace *trace, load_class *kind)
{
    if (strlen(s->engine.model) >= sizeof kind->model)
        return refused("model", "is too long for a load test");
    memcpy(kind->model, s->engine.model, strlen(s->engine.model) + 1);
    kind->endpoint = (load_endpoint)s->bench.endpoint;
    kind->stream = s->bench.stream;
    kind->texts = (uint32_t)s->bench.texts;
    kind->limited = s->bench.output_tokens != NULL || trace->lengths;
    int code = read_lengths("input-tokens", s->bench.input_tokens, &kind->input);
    if (code == 0) code = read_lengths("output-tokens", s->bench.output_tokens, &kind->output);
    if (code == 0) code = read_lengths("turns", s->bench.turns, &kind->turns);
    if (code == 0 && s->bench.shared_prefix != NULL &&
        !load_class_prefix(kind, gl_slice_str(s->bench.shared_prefix)))
        return refused("shared-prefix", "is no TOKENS:PART or TOKENS:PART:HOW-MANY, such as "
                                        "1000:0.5 or 1000:50%:8");
    return code;
}

/* Returns this model's name of the parameter for the output's length; NULL: it has none. */
static const char *limit_name(const cli_settings *s)
{
    glimpse_profile profile;
    glimpse_profile_init(&profile);
    if ((s->engine.omit & GLIMPSE_OMIT_MAX_TOKENS) != 0) return NULL;
    if (glimpse_profiles_find(s->engine.profiles, s->engine.model, 0, &profile) != GLIMPSE_OK)
        return "max_tokens";
    return strcmp(profile.max_tokens_as, "none") == 0                    ? NULL
           : strcmp(profile.max_tokens_as, "max_completion_tokens") == 0 ? "max_completion_tokens"
                                                                         : "max_tokens";
}

/* rows: a trace says the lengths of each request. */
static int plan_classes(const cli_settings *s, bool rows, load_workload *w)
{
    load_class defaults = w->kinds[0];
    char problem[320];
    if (s->bench.classes.count > LOAD_CLASSES)
        return refused("class", "is there more than 16 times");
    for (size_t i = 0; i < s->bench.classes.count; i++) {
        w->kinds[i] = defaults;
        if (!load_class_parse(&w->kinds[i], gl_slice_str(s->bench.classes.items[i]), problem,
                              sizeof problem))
            return refused("class", problem);
        if (rows && (!load_lengths_same(&w->kinds[i].input, &defaults.input) ||
                     !load_lengths_same(&w->kinds[i].output, &defaults.output)))
            return refused("class", "has input or output, and a trace with lengths says those of "
                                    "each request");
        for (size_t j = 0; j < i; j++)
            if (strcmp(w->kinds[i].name, w->kinds[j].name) == 0)
                return refused("class", "has a name that another one has");
    }
    if (s->bench.classes.count > 0) w->count = s->bench.classes.count;
    for (size_t i = 0; i < w->count; i++)
        if ((w->ignore_eos || w->min_tokens) && !w->kinds[i].limited)
            return refused(w->ignore_eos ? "ignore-eos" : "min-tokens",
                           "needs a length to write: --output-tokens");
    return 0;
}

int bench_plan_workload(const cli_settings *settings, const load_trace *trace, uint64_t seed,
                        load_workload *workload)
{
    const cli_settings *s = settings;
    load_workload *w = workload;
    load_workload_init(w);
    w->seed = seed;
    w->ignore_eos = s->bench.ignore_eos;
    w->min_tokens = s->bench.min_tokens;
    if (s->bench.input != NULL) {
        say("--input says what is asked; it goes with no option that makes texts of lengths");
        return EXIT_USAGE;
    }
    if (strcmp(s->bench.words_per_token, "auto") != 0 &&
        !(load_read_plain(s->bench.words_per_token, &w->kinds[0].words_per_token) &&
          w->kinds[0].words_per_token >= 0.01 && w->kinds[0].words_per_token <= 100))
        return refused("words-per-token", "is neither auto nor a number from 0.01 to 100");
    w->max_name = limit_name(s);
    int code = plan_defaults(s, trace, &w->kinds[0]);
    if (code == 0) code = plan_classes(s, trace->lengths, w);
    for (size_t i = 0; code == 0 && i < w->count; i++) {
        const char *wrong = load_class_wrong(&w->kinds[i]);
        if (wrong != NULL) say("%s (--endpoint, --class)", wrong);
        if (wrong != NULL) code = EXIT_VALUE;
    }
    if (code == 0 && trace->lengths && load_workload_talks(w)) {
        say("--turns makes conversations of its own; a trace with lengths says each request");
        code = EXIT_USAGE;
    }
    return code;
}

/* Returns the server's count for so many words; below 0: none was reported, or no answer came. */
static double count_words(const bench_ask *ask, load_workload *workload, uint32_t words, int *code)
{
    bench_ask probe = *ask;
    bench_result result;
    load_class *kind = &workload->kinds[0];
    load_lengths kept = kind->input;
    kind->input = (load_lengths){ .least = words, .most = words };
    probe.bare = true;
    probe.slo = NULL;
    probe.plan = (load_plan){ .users = 1, .per_user = 1 };
    probe.workload = workload;
    probe.pool_ratio = 0;
    *code = bench_run(&probe, &result);
    if (*code == 0) *code = bench_early_exit(&result);
    const load_tokens *seen = &result.recorder.input;
    double counted = *code == 0 && seen->requests > 0 ? (double)seen->counted : -1;
    bench_result_free(&result);
    kind->input = kept;
    return counted;
}

/* Measures one class, with a request like it that has one text and no prefix. */
static int measure_class(const bench_ask *ask, const load_workload *w, load_class *kind)
{
    load_workload probe;
    int code = 0;
    load_workload_init(&probe);
    probe.seed = w->seed + 1;
    probe.max_name = w->max_name;
    load_class *one = &probe.kinds[0];
    load_class plain = *one;
    *one = *kind;
    one->prefix_part = 0;
    one->texts = 1;
    one->turns = plain.turns;
    one->words_per_token = 1;
    one->limited = load_endpoint_writes(kind->endpoint);
    one->output = (load_lengths){ .least = 16, .most = 16 }; /* the least that /responses takes */
    double few = count_words(ask, &probe, SHORT_WORDS, &code);
    double many = code == 0 ? count_words(ask, &probe, LONG_WORDS, &code) : -1;
    load_workload_free(&probe);
    if (code != 0) return code;
    if (few < 0 || many <= few)
        return refused("words-per-token", "auto needs a server that says its usage of prompt "
                                          "tokens; this one did not: give a number");
    double per_word = (many - few) / (LONG_WORDS - SHORT_WORDS);
    kind->words_per_token = 1 / per_word;
    kind->overhead = few - SHORT_WORDS * per_word;
    if (kind->endpoint == LOAD_RERANK) kind->overhead -= LOAD_QUERY_TOKENS * per_word;
    if (kind->overhead < 0) kind->overhead = 0;
    return 0;
}

int bench_measure_words(const bench_ask *ask, load_workload *workload)
{
    for (size_t i = 0; i < workload->count; i++) {
        load_class *kind = &workload->kinds[i];
        int code = measure_class(ask, workload, kind);
        if (code != 0) return code;
        if (!ask->settings->quiet)
            say("%s%s%.4f words are a token of this server, which adds %.1f to a text", kind->name,
                kind->name[0] != '\0' ? ": " : "", kind->words_per_token, kind->overhead);
    }
    return 0;
}
