/*
 * fuzz_load.c - any bytes as what makes a load test of lengths: lengths, a class, a trace that says
 * lengths; as an answer held against its endpoint's rule, a server's page of metrics, a report to
 * be joined. What is taken asks only JSON, and is joined to JSON.
 *
 * The first byte chooses which.
 */
#include "fuzz.h"

#include "base/json.h"
#include "load/merge.h"
#include "load/scrape.h"
#include "load/workload.h"

enum { PROBLEM = 256 };

static void claim_explained(bool taken, const char *problem)
{
    claim(taken || problem[0] != '\0', "refused without a word");
    claim(strlen(problem) < PROBLEM, "a word that is too long");
}

static void claim_asks_json(load_workload *w, const load_trace_row *row)
{
    load_talk talk = { 0 };
    bool talks = load_workload_talks(w) && row == NULL;
    for (uint64_t i = 0; i < 3; i++) {
        load_question question;
        gl_json root;
        load_workload_question(w, i, row, talks ? &talk : NULL, &question);
        gl_slice body = gl_slice_of(question.chat.body, question.chat.body_len);
        claim(gl_json_check(body, &root, NULL) == GL_JSON_OK, "a question that is no JSON");
        if (talks) load_talk_answered(&talk, true, body);
    }
    load_talk_free(&talk);
}

static void read_lengths(gl_slice text)
{
    char problem[PROBLEM] = "";
    load_lengths lengths;
    bool taken = load_lengths_parse(&lengths, text, problem, sizeof problem);
    claim_explained(taken, problem);
    gl_rng rng;
    gl_rng_seed(&rng, 1);
    for (int i = 0; taken && i < 5; i++) {
        uint32_t drawn = load_lengths_draw(&lengths, &rng);
        claim(drawn >= lengths.least && drawn <= lengths.most, "a length out of its bounds");
        claim(drawn >= 1 && drawn <= LOAD_LENGTH_MAX, "a length that is none");
    }
}

static void read_class(gl_slice text)
{
    char problem[PROBLEM] = "";
    load_workload w;
    load_workload_init(&w);
    bool taken = load_class_parse(&w.kinds[0], text, problem, sizeof problem);
    claim_explained(taken, problem);
    load_class *kind = &w.kinds[0];
    /* A hundred words say as much of the form as a million. */
    kind->input = (load_lengths){ .least = 1, .most = 100 };
    if (kind->prefix_tokens > 100) kind->prefix_tokens = 100;
    if (taken) claim_asks_json(&w, NULL);
    load_workload_free(&w);
}

static void read_trace(gl_slice text)
{
    char problem[PROBLEM] = "";
    load_trace trace;
    bool taken = load_trace_read(&trace, text, problem, sizeof problem);
    claim_explained(taken, problem);
    load_workload w;
    load_workload_init(&w);
    for (size_t i = 0; taken && i < trace.count && i < 4; i++) {
        const load_trace_row *row = load_trace_row_of(&trace, i);
        claim((row != NULL) == trace.lengths, "lengths out of nothing");
        if (row != NULL && row->input < 5000) claim_asks_json(&w, row);
    }
    load_workload_free(&w);
    load_trace_free(&trace);
}

static void judge(gl_slice body)
{
    for (int i = 0; i < LOAD_ENDPOINTS; i++) {
        const char *wrong = load_endpoint_wrong((load_endpoint)i, 2, body, false);
        claim(wrong == NULL || wrong[0] != '\0', "wrong without a word");
    }
}

static void read_page(gl_slice text)
{
    static load_scrape scrape;
    char problem[PROBLEM];
    double value;
    claim(load_scrape_init(&scrape, 0, NULL, problem, sizeof problem), "the known names");
    for (gl_time at = 1; at < 4; at++) load_scrape_page(&scrape, text, at * 200 * GL_SECOND);
    claim(scrape.pages + scrape.failed == 3, "a page that is not counted");
    for (size_t i = 0; i < scrape.count; i++)
        for (size_t row = 0; row < scrape.rows; row++)
            load_series_row_at(&scrape.series[i], row, &value);
}

static void read_reports(gl_slice text)
{
    load_merge merge = { .count = 0 };
    gl_buf out, differ, left;
    gl_json root;
    gl_buf_init(&out, SIZE_MAX / 2);
    gl_buf_init(&differ, 4096);
    gl_buf_init(&left, 4096);
    if (load_merge_add(&merge, text) == NULL && load_merge_add(&merge, text) == NULL) {
        load_merge_write(&merge, &out, &differ, &left);
        claim(gl_json_check(gl_buf_slice(&out), &root, NULL) == GL_JSON_OK, "joined to no JSON");
    }
    gl_buf_free(&out);
    gl_buf_free(&differ);
    gl_buf_free(&left);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    uint8_t which = fuzz_byte(&in) % 6;
    gl_slice bytes = gl_slice_of((const char *)in.data, in.size);
    char *text = fuzz_string(bytes);
    bytes.data = text;
    if (which == 0) read_lengths(bytes);
    if (which == 1) read_class(bytes);
    if (which == 2) read_trace(bytes);
    if (which == 3) judge(bytes);
    if (which == 4) read_page(bytes);
    if (which == 5) read_reports(bytes);
    free(text);
    return 0;
}
