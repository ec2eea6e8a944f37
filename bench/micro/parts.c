/*
 * parts.c - parts of a request, each alone and as often as asked.
 *
 *   glimpse-micro-parts PART COUNT
 *
 * PART: plain, stream, error (an answer decoded: a whole one of 1.4 KB, one that came in 24 events,
 * and an HTTP 429); key (of a body of 0.6 KB); record (of the plain answer); line (of a job, 400
 * bytes, read and its custom_id counted). The work stands in counted(), so that
 * `valgrind --tool=callgrind --toggle-collect=counted` leaves out what prepares it:
 * bench/micro/baseline.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "batch/job_line.h"
#include "counted.h"
#include "openai/decode.h"
#include "openai/stream.h"
#include "policy/key.h"
#include "result.h"

static const char words[] =
    "The library keeps many requests in flight from a single thread. It says of each of them "
    "whether it waits, was sent, was answered late, or failed.\\n\\nThree points stand "
    "out:\\n\\n1. "
    "**One loop.** Every delay is a timer, and every socket an event; nothing sleeps.\\n2. **One "
    "result.** A request ends exactly once, with a status and, where it failed, with the reason "
    "\\\"as the server gave it\\\".\\n3. **No surprise.** An identical request waits for the first "
    "instead of being sent again, and an answer that was stored is returned at once.";

static const char usage[] =
    "\"usage\":{\"prompt_tokens\":212,\"completion_tokens\":148,\"total_tokens\":360,"
    "\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
    "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
    "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}";

static const char refusal[] =
    "{\"error\":{\"message\":\"Rate limit reached for gpt-4o-mini in organization org-1 on tokens "
    "per min (TPM): Limit 200000, Used 199000, Requested 1500. Please try again in 150ms.\","
    "\"type\":\"tokens\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}";

enum { EVENTS = 24 };

typedef struct parts {
    uint64_t count, failed;
    char answer[2048], events[EVENTS * 512], request[1024], line[512];
    gl_decoder *decoder;
    gl_stream *stream;
    gl_keyer *keyer;
    line_parser lines;
    glimpse_result *result;
} parts;

static void write_texts(parts *p)
{
    static const char begin[] =
        "\"id\":\"chatcmpl-9XyZabcDEF0123456789abcd\",\"created\":1717000000,"
        "\"model\":\"gpt-4o-mini-2024-07-18\"";
    snprintf(p->answer, sizeof p->answer,
             "{%s,\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
             "\"assistant\",\"content\":\"%s\",\"refusal\":null},\"logprobs\":null,"
             "\"finish_reason\":\"stop\"}],%s,\"service_tier\":\"default\","
             "\"system_fingerprint\":\"fp_0123456789\"}",
             begin, words, usage);
    size_t at = 0;
    for (int i = 0; i < EVENTS; i++)
        at += (size_t)snprintf(p->events + at, sizeof p->events - at,
                               "data: {%s,\"object\":\"chat.completion.chunk\",\"choices\":[{"
                               "\"index\":0,\"delta\":{\"content\":\"part %d of it \"},"
                               "\"logprobs\":null,\"finish_reason\":null}]}\n\n",
                               begin, i);
    snprintf(
        p->events + at, sizeof p->events - at,
        "data: {%s,\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},"
        "\"logprobs\":null,\"finish_reason\":\"stop\"}],%s}\n\ndata: [DONE]\n\n",
        begin, usage);
    snprintf(
        p->request, sizeof p->request,
        "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"system\",\"content\":\"You are a "
        "careful editor.\"},{\"role\":\"user\",\"content\":\"%.400s\"}],\"temperature\":0.7,"
        "\"max_tokens\":256}",
        words);
}

static gl_decode_input input_of(int status, const char *body)
{
    return (gl_decode_input){ .status = status,
                              .body = gl_slice_str(body),
                              .content_type = "application/json",
                              .request_id = "req_0123456789abcdef",
                              .path = "/chat/completions",
                              .base_url = "https://api.openai.com/v1",
                              .asked_path = "/chat/completions" };
}

static bool decode_plain(parts *p, glimpse_outcome *outcome)
{
    gl_decode_input input = input_of(200, p->answer);
    gl_decode(p->decoder, &input, outcome);
    return outcome->error == GLIMPSE_OK;
}

static bool plain(parts *p, uint64_t i)
{
    glimpse_outcome outcome;
    (void)i;
    return decode_plain(p, &outcome);
}

static bool streamed(parts *p, uint64_t i)
{
    glimpse_outcome outcome;
    gl_stream_end end;
    (void)i;
    if (!gl_stream_begin(p->stream, "/chat/completions")) return false;
    (void)gl_stream_feed(p->stream, gl_slice_str(p->events));
    gl_stream_finish(p->stream, GLIMPSE_OK, 1, &end);
    if (end.error != GLIMPSE_OK) return false;
    gl_decode_input input = input_of(200, "");
    input.body = end.body;
    input.streamed = gl_stream_text(p->stream);
    input.merged = true;
    gl_decode(p->decoder, &input, &outcome);
    gl_stream_reset(p->stream);
    return outcome.error == GLIMPSE_OK;
}

static bool refused(parts *p, uint64_t i)
{
    glimpse_outcome outcome;
    (void)i;
    gl_decode_input input = input_of(429, refusal);
    gl_decode(p->decoder, &input, &outcome);
    return outcome.error == GLIMPSE_ERR_HTTP;
}

static bool key(parts *p, uint64_t i)
{
    gl_json root;
    glimpse_key made;
    (void)i;
    return gl_json_check(gl_slice_str(p->request), &root, NULL) == GL_JSON_OK &&
           gl_keyer_key(p->keyer, root, &made) == GLIMPSE_OK;
}

static bool record(parts *p, uint64_t i)
{
    char *json;
    size_t len;
    glimpse_record as;
    glimpse_record_init(&as);
    as.custom_id = "line-000001";
    as.line = i + 1;
    if (glimpse_result_to_json(p->result, &as, &json, &len) != GLIMPSE_OK) return false;
    glimpse_free(json);
    return true;
}

static bool line(parts *p, uint64_t i)
{
    job_line made;
    int len =
        snprintf(p->line, sizeof p->line,
                 "{\"custom_id\":\"line-%06llu\",\"method\":\"POST\",\"url\":"
                 "\"/v1/chat/completions\",\"body\":{\"model\":\"gpt-4o-mini\",\"messages\":[{"
                 "\"role\":\"user\",\"content\":\"%.220s\"}],\"max_tokens\":200}}",
                 (unsigned long long)i, words);
    line_parser_read(&p->lines, gl_slice_of(p->line, (size_t)len), i + 1, &made);
    return made.error_code == NULL;
}

static const struct {
    const char *name;
    bool (*run)(parts *p, uint64_t i);
} all[] = { { "plain", plain }, { "stream", streamed }, { "error", refused },
            { "key", key },     { "record", record },   { "line", line } };

static size_t chosen;

void counted(void *arg)
{
    parts *p = arg;
    for (uint64_t i = 0; i < p->count; i++) p->failed += !all[chosen].run(p, i);
}

/* A result as the engine delivers it: of the plain answer. */
static bool make_result(parts *p)
{
    glimpse_outcome outcome;
    glimpse_sample *sample;
    p->result = gl_result_new();
    if (p->result == NULL || !decode_plain(p, &outcome)) return false;
    if (glimpse_sample_new(&outcome.sample, &sample, NULL) != GLIMPSE_OK) return false;
    p->result->id = 1;
    p->result->status = GLIMPSE_STATUS_ALIGNED;
    p->result->has_key = true;
    p->result->attempts = 1;
    p->result->sample = sample;
    p->result->response = glimpse_sample_ref(sample);
    return true;
}

int main(int argc, char **argv)
{
    static parts p;
    size_t parts_count = sizeof all / sizeof *all;
    while (argc == 3 && chosen < parts_count && strcmp(all[chosen].name, argv[1]) != 0) chosen++;
    p.count = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    if (p.count == 0 || chosen == parts_count) {
        fputs("usage: glimpse-micro-parts plain|stream|error|key|record|line COUNT\n", stderr);
        return 64;
    }
    write_texts(&p);
    line_parser_init(&p.lines);
    p.decoder = gl_decoder_new();
    p.stream = gl_stream_new(1 << 20);
    p.keyer = gl_keyer_new();
    if (p.decoder == NULL || p.stream == NULL || p.keyer == NULL || !make_result(&p)) return 71;
    run_counted(&p);
    printf("%s: %llu, %llu of them failed\n", argv[1], (unsigned long long)p.count,
           (unsigned long long)p.failed);
    glimpse_result_unref(p.result);
    gl_keyer_free(p.keyer);
    gl_stream_free(p.stream);
    gl_decoder_free(p.decoder);
    line_parser_free(&p.lines);
    return p.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
