/* policy.c - see policy.h. Pure. */
#include "bench/policy.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool given(const cli_settings *asked, const char *name)
{
    return settings_origin(asked, name) != FROM_DEFAULT;
}

void bench_policy_apply(const cli_settings *asked, bench_client client, glimpse_config *engine)
{
    if (client == BENCH_CLIENT_ENGINE) return;
    if (!given(asked, "adaptive")) engine->adaptive = false;
    if (!given(asked, "breaker")) engine->breaker = GLIMPSE_BREAKER_OFF;
    if (!given(asked, "max-attempts")) engine->max_attempts = 1;
    if (!given(asked, "rpm")) engine->rpm = 0;
    if (!given(asked, "tpm")) engine->tpm = 0;
    if (!given(asked, "cache-size")) engine->cache_entries = 0;
    if (!given(asked, "coalesce")) engine->coalesce = false;
    if (!given(asked, "fallback")) engine->fallback_on = false;
}

/* Appends where there is room. */
__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size, const char *format,
                                                      ...)
{
    size_t len = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + len, size - len, format, args);
    va_end(args);
}

void bench_policy_describe(const cli_settings *asked, bench_client client,
                           const glimpse_config *engine, char *text, size_t size)
{
    static const char *const breakers[] = { "local", "wait", "fail", "off" };
    bool plain = client == BENCH_CLIENT_PLAIN;
    const char *with = plain ? ", with " : ", but ";
    const struct {
        const char *name;
        int64_t number;
        const char *word; /* NULL: the number itself */
    } options[] = {
        { "concurrency", engine->concurrency, NULL },
        { "adaptive", 0, engine->adaptive ? "on" : "off" },
        { "breaker", 0, breakers[engine->breaker] },
        { "max-attempts", engine->max_attempts, NULL },
        { "rpm", engine->rpm, NULL },
        { "tpm", engine->tpm, NULL },
        { "cache-size", engine->cache_entries, NULL },
        { "cache-store", 0, "FILE" },
        { "coalesce", 0, engine->coalesce ? "on" : "off" },
        { "fallback", 0, engine->fallback_on ? "on" : "off" },
    };
    snprintf(text, size, "%s", plain ? "plain" : "engine");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (!given(asked, options[i].name)) continue;
        add(text, size, "%s--%s ", with, options[i].name);
        if (options[i].word != NULL)
            add(text, size, "%s", options[i].word);
        else
            add(text, size, "%" PRId64, options[i].number);
        with = ", ";
    }
}
