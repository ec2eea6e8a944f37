/*
 * json.c - the cost of the text layer: our reader and json-c on the same chat answer in the same
 * run, and the key of a request. Prints a table; each figure is the fastest of several rounds,
 * because a disturbance only adds to a round.
 *
 * Run: build/NAME/bench/micro/glimpse-micro-json
 */
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/utf8.h"
#include "policy/key.h"

enum { ROUNDS = 25, TURNS = 4000 };

static const char answer[] =
    "{\"id\":\"chatcmpl-9XyZabcDEF0123456789abcd\",\"object\":\"chat.completion\","
    "\"created\":1717000000,\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[{\"index\":0,"
    "\"message\":{\"role\":\"assistant\",\"content\":\"The library keeps many requests in flight "
    "from a single thread. It tells its caller what happens to each of them: whether it waits, was "
    "sent, was answered late, or failed.\\n\\nThree points stand out:\\n\\n1. **One loop.** Every "
    "delay is a timer, and every socket an event; nothing sleeps and nothing locks.\\n2. **One "
    "result.** A request ends exactly once, with a status and, where it failed, with the reason "
    "\\\"as the server gave it\\\".\\n3. **No surprise.** An identical request waits for the first "
    "instead of being sent again, and an answer that was stored is returned at once.\\n\\nIn "
    "short: "
    "it is meant for programs that already run an event loop and would rather not start "
    "threads.\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{"
    "\"prompt_tokens\":212,\"completion_tokens\":148,\"total_tokens\":360,"
    "\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
    "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
    "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}},"
    "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0123456789\"}";

static const char request[] =
    "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"system\",\"content\":\"You are a careful "
    "editor. Answer with one sentence.\"},{\"role\":\"user\",\"content\":\"Summarize:\\n\\nThis "
    "package contains the run-time library. It reads and writes a text format that programs use to "
    "exchange data, and is written in portable C. The development files are in another package, "
    "which depends on this one. Programs that were built with an earlier version keep working "
    "with it, since the interface has not changed.\"}],\"temperature\":0.7,\"max_tokens\":256}";

static gl_keyer *keyer;
static volatile size_t sink; /* keeps the compiler from dropping the work */

static void check_answer(void)
{
    gl_json root = { .kind = GL_JSON_NONE };
    gl_json_check(gl_slice_of(answer, sizeof answer - 1), &root, NULL);
    sink += root.text.len;
}

/* Reads an answer as a caller would: checks it, and finds the content. */
static void read_answer(void)
{
    gl_json root = { .kind = GL_JSON_NONE }, choice = { .kind = GL_JSON_NONE };
    gl_json_check(gl_slice_of(answer, sizeof answer - 1), &root, NULL);
    gl_json_iter iter = gl_json_begin(gl_json_get(root, "choices"));
    gl_json_next(&iter, NULL, &choice);
    sink += gl_json_get(gl_json_get(choice, "message"), "content").text.len;
}

static void read_answer_json_c(void)
{
    struct json_tokener *tokener = json_tokener_new();
    /* Not STRICT: in json-c 0.17 and 0.18 it refuses characters beyond ASCII. */
    json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *root = json_tokener_parse_ex(tokener, answer, (int)sizeof answer);
    struct json_object *choice =
        json_object_array_get_idx(json_object_object_get(root, "choices"), 0);
    struct json_object *message = json_object_object_get(choice, "message");
    sink += (size_t)json_object_get_string_len(json_object_object_get(message, "content"));
    json_object_put(root);
    json_tokener_free(tokener);
}

static void check_utf8(void)
{
    sink += gl_utf8_check(answer, sizeof answer - 1);
}

static void write_form(void)
{
    gl_json root;
    gl_slice form = { NULL, 0 };
    gl_json_check(gl_slice_of(request, sizeof request - 1), &root, NULL);
    gl_keyer_canonical(keyer, root, &form);
    sink += form.len;
}

static void make_key(void)
{
    gl_json root;
    glimpse_key key;
    gl_json_check(gl_slice_of(request, sizeof request - 1), &root, NULL);
    gl_keyer_key(keyer, root, &key);
    sink += key.bytes[0];
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
        size_t bytes;
    } rows[] = {
        { "check an answer", check_answer, sizeof answer - 1 },
        { "check it and find the content", read_answer, sizeof answer - 1 },
        { "the same with json-c", read_answer_json_c, sizeof answer - 1 },
        { "check its UTF-8 alone", check_utf8, sizeof answer - 1 },
        { "canonical form of a request", write_form, sizeof request - 1 },
        { "key of a request", make_key, sizeof request - 1 },
    };
    enum { COUNT = sizeof rows / sizeof *rows };
    double best[COUNT];
    gl_json root;
    keyer = gl_keyer_new();
    if (keyer == NULL ||
        gl_json_check(gl_slice_of(answer, sizeof answer - 1), &root, NULL) != GL_JSON_OK ||
        gl_json_check(gl_slice_of(request, sizeof request - 1), &root, NULL) != GL_JSON_OK)
        return EXIT_FAILURE;
    for (size_t i = 0; i < COUNT; i++) best[i] = 1e18;
    /* In turn, so that a slow moment of the machine meets all of them. */
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            double start = now_ns();
            for (int turn = 0; turn < TURNS; turn++) rows[i].run();
            double each = (now_ns() - start) / TURNS;
            if (each < best[i]) best[i] = each;
        }
    }
    printf("%-32s %8s %10s %8s\n", "", "bytes", "ns", "ns/byte");
    for (size_t i = 0; i < COUNT; i++)
        printf("%-32s %8zu %10.0f %8.2f\n", rows[i].name, rows[i].bytes, best[i],
               best[i] / (double)rows[i].bytes);
    gl_keyer_free(keyer);
    return EXIT_SUCCESS;
}
