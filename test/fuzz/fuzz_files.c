/*
 * fuzz_files.c - any bytes as the small files and expressions that a person writes: a trace, terms
 * of an SLA, profiles, inputs of bench, a list of packages. Each is taken whole or refused with a
 * word.
 *
 * The first byte chooses which.
 */
#include "fuzz.h"

#include <glimpse/profile.h>

#include "base/json.h"
#include "load/inputs.h"
#include "load/sla.h"
#include "load/slo.h"
#include "load/trace.h"

enum { PROBLEM = 256 };

/* Taken, or refused with a word. It may quote the file: what says it makes it plain. */
static void claim_explained(bool taken, const char *problem)
{
    claim(taken || problem[0] != '\0', "refused without a word");
    claim(strlen(problem) < PROBLEM, "a word that is too long");
}

static void read_trace(gl_slice text)
{
    char problem[PROBLEM] = "";
    load_trace trace;
    bool taken = load_trace_read(&trace, text, problem, sizeof problem);
    claim_explained(taken, problem);
    for (size_t i = 1; taken && i < trace.count; i++)
        claim(trace.rows[i].at >= trace.rows[i - 1].at, "out of order");
    load_trace_free(&trace);
}

static void read_terms(const char *text)
{
    char problem[PROBLEM] = "";
    load_sla sla;
    load_slo slo;
    bool taken = load_sla_parse(&sla, text, problem, sizeof problem);
    claim_explained(taken, problem);
    claim(!taken || sla.count <= LOAD_TERMS, "too many terms");
    problem[0] = '\0';
    taken = load_slo_parse(&slo, text, problem, sizeof problem);
    claim_explained(taken, problem);
}

static void read_profiles(gl_slice text)
{
    glimpse_problem problem;
    glimpse_profiles *profiles = NULL;
    glimpse_error error = glimpse_profiles_new(text.data, text.len, &profiles, &problem);
    claim((error == GLIMPSE_OK) == (profiles != NULL), "profiles out of nothing");
    claim_explained(error == GLIMPSE_OK, problem.sentence);
    const char *name;
    for (size_t i = 0; profiles != NULL && (name = glimpse_profiles_name(profiles, i)) != NULL;
         i++) {
        glimpse_profile found;
        glimpse_profile_init(&found);
        glimpse_error sought = glimpse_profiles_find(profiles, name, 0, &found);
        claim(sought == GLIMPSE_OK || name[0] == '\0', "a name that is not found");
        if (found.price != NULL) claim(found.price->input >= 0, "a price below nothing");
    }
    glimpse_profiles_unref(profiles);
}

static void read_inputs(gl_slice text, bool packages)
{
    char problem[PROBLEM] = "";
    load_inputs inputs;
    load_inputs_init(&inputs);
    bool taken = packages ? load_inputs_packages(&inputs, text, problem, sizeof problem)
                          : load_inputs_lines(&inputs, text, problem, sizeof problem);
    claim_explained(taken, problem);
    /* Beyond the count they come again, told apart. */
    for (uint64_t i = 0; taken && inputs.count != 0 && i < 2 * inputs.count && i < 50; i++) {
        load_question question;
        gl_json root;
        load_inputs_question(&inputs, i, &question);
        if (!question.raw) continue;
        gl_slice body = gl_slice_of(question.chat.body, question.chat.body_len);
        claim(gl_json_check(body, &root, NULL) == GL_JSON_OK, "a question that is no JSON");
    }
    load_inputs_free(&inputs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    uint8_t which = fuzz_byte(&in) % 5;
    gl_slice bytes = gl_slice_of((const char *)in.data, in.size);
    char *text = fuzz_string(bytes);
    bytes.data = text;
    if (which == 0) read_trace(bytes);
    if (which == 1) read_terms(text);
    if (which == 2) read_profiles(bytes);
    if (which >= 3) read_inputs(bytes, which == 4);
    free(text);
    return 0;
}
