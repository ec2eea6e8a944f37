/* profile.c - `glimpse profile show`: the facts about models, and the source of each field. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "commands.h"
#include "exits.h"
#include "say.h"

static void show(const cli_settings *settings, const char *model, glimpse_profile *profile)
{
    glimpse_profile_init(profile);
    glimpse_profiles_find(settings->engine.profiles, model, 0, profile);
}

static void put_from(char *out, size_t size, const glimpse_profile *profile, int field)
{
    const char *entry = profile->from[field].entry;
    if (entry == NULL)
        snprintf(out, size, "default");
    else
        snprintf(out, size, "%s %.60s", profile->from[field].own ? "file:" : "built in:", entry);
}

static bool has_own(const glimpse_profile *profile)
{
    for (int i = 0; i < GLIMPSE_PROFILE_FIELD_COUNT; i++)
        if (profile->from[i].own) return true;
    return false;
}

/* --- tables ------------------------------------------------------------------------------------
 */

/* Names come from a file, or from the command line. */
__attribute__((format(printf, 1, 2))) static void print(const char *format, ...)
{
    gl_buf line;
    va_list args;
    gl_buf_init(&line, SIZE_MAX / 2);
    va_start(args, format);
    gl_buf_vprintf(&line, format, args);
    va_end(args);
    if (line.failed) {
        say("out of memory");
    } else {
        say_text(stdout, line.data, line.len);
    }
    gl_buf_free(&line);
}

static void print_row(const char *model, const glimpse_profile *p)
{
    char prices[64] = "         -        -        -";
    if (p->price != NULL && p->price->cached_input >= 0)
        snprintf(prices, sizeof prices, "%10.4g %8.4g %8.4g", p->price->input,
                 p->price->cached_input, p->price->output);
    else if (p->price != NULL)
        snprintf(prices, sizeof prices, "%10.4g %8s %8.4g", p->price->input, "-", p->price->output);
    print("%-20s %s  %-21s %-11s %-6s %5" PRId64 " %5" PRId64 " %5" PRId64 " %5" PRId64 "  %s\n",
          model, prices, p->max_tokens_as, p->temperature ? "temperature" : "-",
          p->schema ? "schema" : "-", p->thresholds.t1_ms, p->thresholds.t2_ms, p->thresholds.t3_ms,
          p->thresholds.t4_ms, has_own(p) ? "file" : "built in");
}

/* Of two entries of one name, the file's over the built-in one, one row is enough. */
static bool shown_before(const cli_settings *settings, size_t index)
{
    const char *name = glimpse_profiles_name(settings->engine.profiles, index), *built_in;
    for (size_t i = 0; i < index && (built_in = glimpse_profiles_name(NULL, i)) != NULL; i++)
        if (strcmp(built_in, name) == 0) return true;
    return false; /* no two of a file are alike */
}

static void print_list(const cli_settings *settings)
{
    const char *name;
    printf("%-20s %10s %8s %8s  %-40s %-23s  %s\n", "model", "input", "cached", "output",
           "parameters of drafts", "t1 to t4, ms", "from");
    for (size_t i = 0; (name = glimpse_profiles_name(settings->engine.profiles, i)) != NULL; i++) {
        glimpse_profile profile;
        if (shown_before(settings, i)) continue;
        show(settings, name, &profile);
        print_row(name, &profile);
    }
    puts("prices in US dollars for a million tokens; 'glimpse profile show MODEL' has the rest");
}

static void print_limit(const char *what, int64_t ms, const char *from)
{
    char text[40] = "none";
    if (ms != 0) snprintf(text, sizeof text, "%" PRId64 " ms", ms);
    print("  %-20s %-34s %s\n", what, text, from);
}

static void print_model(const char *model, const glimpse_profile *p)
{
    char from[80], text[160];
    print("%s\n", model);
    put_from(from, sizeof from, p, GLIMPSE_PROFILE_THRESHOLDS);
    snprintf(text, sizeof text, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " ms",
             p->thresholds.t1_ms, p->thresholds.t2_ms, p->thresholds.t3_ms, p->thresholds.t4_ms);
    print("  %-20s %-34s %s\n", "thresholds", text, from);
    put_from(from, sizeof from, p, GLIMPSE_PROFILE_PRICE);
    if (p->price == NULL)
        snprintf(text, sizeof text, "not known");
    else if (p->price->cached_input >= 0)
        snprintf(text, sizeof text, "$%.6g in, $%.6g cached, $%.6g out", p->price->input,
                 p->price->cached_input, p->price->output);
    else
        snprintf(text, sizeof text, "$%.6g in, $%.6g out", p->price->input, p->price->output);
    print("  %-20s %-34s %s\n", "price, 1M tokens", text, p->price != NULL ? from : "");
    if (p->price != NULL && p->price->max_output > 0)
        print("  %-20s %.0f tokens\n", "longest answer", p->price->max_output);
    put_from(from, sizeof from, p, GLIMPSE_PROFILE_MAX_TOKENS_AS);
    print("  %-20s %-34s %s\n", "max tokens as", p->max_tokens_as, from);
    put_from(from, sizeof from, p, GLIMPSE_PROFILE_TEMPERATURE);
    print("  %-20s %-34s %s\n", "temperature", p->temperature ? "sent" : "not sent", from);
    put_from(from, sizeof from, p, GLIMPSE_PROFILE_SCHEMA);
    print("  %-20s %-34s %s\n", "packs", p->schema ? "asked by a JSON schema" : "asked in words",
          from);
    put_from(from, sizeof from, p, GLIMPSE_PROFILE_STREAM_OPTIONS);
    print("  %-20s %-34s %s\n", "streams",
          p->stream_options ? "ask for their usage" : "without stream_options", from);
    put_from(from, sizeof from, p, GLIMPSE_PROFILE_FIRST_BYTE_TIMEOUT);
    print_limit("first byte timeout", p->first_byte_timeout_ms, from);
    put_from(from, sizeof from, p, GLIMPSE_PROFILE_IDLE_TIMEOUT);
    print_limit("idle timeout", p->idle_timeout_ms, from);
    put_from(from, sizeof from, p, GLIMPSE_PROFILE_TIMEOUT);
    print_limit("timeout", p->timeout_ms, from);
}

/* --- JSON ----------------------------------------------------------------------------------------
 */

static void write_model(gl_buf *out, const char *model, const glimpse_profile *p)
{
    gl_buf_append_str(out, "{\"model\":");
    gl_json_write_string(out, gl_slice_str(model));
    gl_buf_printf(out, ",\"thresholds_ms\":[%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "]",
                  p->thresholds.t1_ms, p->thresholds.t2_ms, p->thresholds.t3_ms,
                  p->thresholds.t4_ms);
    gl_buf_append_str(out, ",\"price\":");
    if (p->price == NULL) {
        gl_buf_append_str(out, "null");
    } else {
        gl_buf_append_str(out, "{\"input\":");
        gl_json_write_double(out, p->price->input);
        gl_buf_append_str(out, ",\"output\":");
        gl_json_write_double(out, p->price->output);
        if (p->price->cached_input >= 0) {
            gl_buf_append_str(out, ",\"cached_input\":");
            gl_json_write_double(out, p->price->cached_input);
        }
        if (p->price->max_output > 0) {
            gl_buf_append_str(out, ",\"max_output\":");
            gl_json_write_double(out, p->price->max_output);
        }
        gl_buf_append_char(out, '}');
    }
    gl_buf_printf(out,
                  ",\"max_tokens_as\":\"%s\",\"temperature\":%s,\"schema\":%s,"
                  "\"stream_options\":%s,\"first_byte_timeout_ms\":%" PRId64
                  ",\"idle_timeout_ms\":%" PRId64 ",\"timeout_ms\":%" PRId64 ",\"from\":{",
                  p->max_tokens_as, p->temperature ? "true" : "false", p->schema ? "true" : "false",
                  p->stream_options ? "true" : "false", p->first_byte_timeout_ms,
                  p->idle_timeout_ms, p->timeout_ms);
    for (int i = 0; i < GLIMPSE_PROFILE_FIELD_COUNT; i++) {
        char from[80];
        put_from(from, sizeof from, p, i);
        gl_buf_printf(out, "%s\"%s\":", i > 0 ? "," : "",
                      glimpse_profile_field_name((glimpse_profile_field)i));
        gl_json_write_string(out, gl_slice_str(from));
    }
    gl_buf_append_str(out, "}}\n");
}

static int write_json(const cli_settings *settings)
{
    gl_buf out;
    const char *name;
    gl_buf_init(&out, SIZE_MAX / 2);
    for (size_t i = 1;; i++) { /* word 0 is show */
        glimpse_profile profile;
        name = settings->word_count > 1 ? (i < settings->word_count ? settings->words[i] : NULL)
                                        : glimpse_profiles_name(settings->engine.profiles, i - 1);
        if (name == NULL) break;
        if (settings->word_count <= 1 && shown_before(settings, i - 1)) continue;
        show(settings, name, &profile);
        write_model(&out, name, &profile);
    }
    bool good = !out.failed;
    if (good)
        say_text(stdout, out.data, out.len);
    else
        say("out of memory");
    gl_buf_free(&out);
    return good ? EXIT_DONE : EXIT_OS_LIMIT;
}

int command_profile(cli_settings *settings)
{
    if (settings->word_count == 0 || strcmp(settings->words[0], "show") != 0) {
        say("profile needs show; try 'glimpse help profile'");
        return EXIT_USAGE;
    }
    for (size_t i = 1; i < settings->word_count; i++)
        if (*settings->words[i] == '\0') {
            say("a model needs a name");
            return EXIT_USAGE;
        }
    int code = EXIT_DONE;
    if (settings->json) {
        code = write_json(settings);
    } else if (settings->word_count == 1) {
        print_list(settings);
    } else {
        for (size_t i = 1; i < settings->word_count; i++) {
            glimpse_profile profile;
            show(settings, settings->words[i], &profile);
            print_model(settings->words[i], &profile);
        }
    }
    return say_flush_stdout() ? code : EXIT_IO;
}
