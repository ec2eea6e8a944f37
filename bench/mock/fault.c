/* fault.c - see fault.h. Pure. */
#include "mock/fault.h"

#include <math.h>
#include <stdio.h>

#include "mock/spec.h"

#define WHOLE       UINT32_C(1000000)
#define PER_PERCENT 1e4
#define HIGHEST     100.0 /* percent */

static const struct {
    const char *name;
    int status;
    bool placed; /* may have a place in the answer */
} kinds[MOCK_FAULT_COUNT] = {
    [MOCK_FAULT_429] = { "429", 429, false },
    [MOCK_FAULT_500] = { "500", 500, false },
    [MOCK_FAULT_503] = { "503", 503, false },
    [MOCK_FAULT_RESET] = { "reset", 0, true },
    [MOCK_FAULT_TRUNCATE] = { "truncate", 0, true },
    [MOCK_FAULT_MALFORMED] = { "malformed", 0, false },
    [MOCK_FAULT_HANG] = { "hang", 0, true },
    [MOCK_FAULT_PACK_SHORT] = { "pack_short", 0, false },
    [MOCK_FAULT_PACK_ORDER] = { "pack_order", 0, false },
    [MOCK_FAULT_PACK_DUPLICATE] = { "pack_duplicate", 0, false },
    [MOCK_FAULT_PACK_OVERLONG] = { "pack_overlong", 0, false },
    [MOCK_FAULT_PACK_NOTJSON] = { "pack_notjson", 0, false },
    [MOCK_FAULT_PACK_CUT] = { "pack_cut", 0, false },
    [MOCK_FAULT_STALL] = { "stall", 0, true },
    [MOCK_FAULT_CLOSE] = { "close", 0, false },
    [MOCK_FAULT_400] = { "400", 400, false },
    [MOCK_FAULT_401] = { "401", 401, false },
    [MOCK_FAULT_403] = { "403", 403, false },
    [MOCK_FAULT_404] = { "404", 404, false },
    [MOCK_FAULT_408] = { "408", 408, false },
    [MOCK_FAULT_409] = { "409", 409, false },
    [MOCK_FAULT_413] = { "413", 413, false },
    [MOCK_FAULT_422] = { "422", 422, false },
    [MOCK_FAULT_502] = { "502", 502, false },
    [MOCK_FAULT_504] = { "504", 504, false },
    [MOCK_FAULT_529] = { "529", 529, false },
};

const char *mock_fault_name(mock_fault fault)
{
    return fault < MOCK_FAULT_COUNT ? kinds[fault].name : "none";
}

int mock_fault_status(mock_fault fault)
{
    return fault < MOCK_FAULT_COUNT ? kinds[fault].status : 0;
}

static bool refuse(const char *why, gl_slice what, char *problem, size_t problem_size)
{
    int shown = what.len < 60 ? (int)what.len : 60;
    snprintf(
        problem, problem_size,
        "fault: %s in '%.*s' (NAME[+reset][@PLACE]:WHEN; NAME: 400 401 403 404 408 409 413 422 "
        "429 500 502 503 504 529 reset truncate malformed hang stall close pack_short "
        "pack_order pack_duplicate pack_overlong pack_notjson pack_cut; WHEN: 5%%, #3, #3-5, "
        "/10, ~TEXT)",
        why, shown, what.data);
    return false;
}

static mock_fault fault_of(gl_slice name)
{
    for (int i = 0; i < MOCK_FAULT_COUNT; i++)
        if (gl_slice_is(name, kinds[i].name)) return (mock_fault)i;
    return MOCK_FAULT_NONE;
}

/* --- one mishap ------------------------------------------------------------------------------- */

/* The N of a stall is followed by +TIME. */
static const char *read_place(gl_slice place, mock_mishap *mishap)
{
    bool stall = mishap->fault == MOCK_FAULT_STALL;
    if (!kinds[mishap->fault].placed) return "a place, which this fault has not,";
    gl_slice tokens = stall ? mock_spec_next(&place, '+') : place;
    double pause = 0;
    if (!mock_spec_count(tokens, &mishap->tokens) || mishap->tokens == 0)
        return "a place that is no number from 1 on";
    if (stall && (!mock_spec_duration(place, &pause) || !(pause > 0)))
        return "a stall that is not N+TIME";
    mishap->pause = (gl_time)pause;
    return NULL;
}

/* NULL: it was read; else the error in the text. */
static const char *read_mishap(gl_slice text, mock_mishap *mishap)
{
    gl_slice place = text, name = mock_spec_next(&place, '@');
    bool placed = name.len != text.len;
    gl_slice more = name;
    *mishap = (mock_mishap){ .fault = fault_of(mock_spec_next(&more, '+')) };
    if (mishap->fault == MOCK_FAULT_NONE) return "unknown fault";
    gl_slice own = gl_slice_str(kinds[mishap->fault].name);
    if (name.len != own.len) {
        if (!gl_slice_is(more, "reset") || kinds[mishap->fault].status == 0)
            return "something but +reset behind a status";
        mishap->resets = true;
    }
    if (placed) return read_place(place, mishap);
    return mishap->fault == MOCK_FAULT_STALL ? "a stall without a place (stall@N+TIME)" : NULL;
}

bool mock_mishap_read(gl_slice text, mock_mishap *mishap)
{
    if (!gl_slice_is(text, "none")) return read_mishap(text, mishap) == NULL;
    *mishap = (mock_mishap){ .fault = MOCK_FAULT_NONE };
    return true;
}

/* --- the condition ---------------------------------------------------------------------------- */

/* N, N-M or N-. */
static bool read_numbers(gl_slice text, mock_fault_rule *rule)
{
    gl_slice last = text, first = mock_spec_next(&last, '-');
    if (!mock_spec_count(first, &rule->from) || rule->from == 0) return false;
    rule->to = rule->from;
    if (first.len == text.len) return true;
    if (last.len == 0) rule->to = UINT64_MAX;
    return last.len == 0 || (mock_spec_count(last, &rule->to) && rule->to >= rule->from);
}

static const char *read_rule(gl_slice when, mock_fault_rule *rule)
{
    gl_slice rest = gl_slice_of(when.data + 1, when.len - 1);
    *rule = (mock_fault_rule){ .mishap = rule->mishap, .from = 1, .to = UINT64_MAX, .each = 1 };
    if (when.data[0] == '#') return read_numbers(rest, rule) ? NULL : "no #N, #N-M or #N-";
    if (when.data[0] == '/')
        return mock_spec_count(rest, &rule->each) && rule->each != 0 ? NULL : "no /N";
    rule->text = rest;
    return rest.len != 0 ? NULL : "no text behind ~";
}

static const char *read_share(mock_faults *faults, const mock_mishap *mishap, gl_slice when)
{
    double percent;
    gl_slice unit;
    if (!mock_spec_number(when, &percent, &unit) || !gl_slice_is(unit, "%") || percent > HIGHEST)
        return "not a percentage, #N, /N or ~TEXT";
    if (faults->drawn[mishap->fault].fault != MOCK_FAULT_NONE) return "the same fault twice";
    faults->drawn[mishap->fault] = *mishap;
    faults->share[mishap->fault] = (uint32_t)lround(percent * PER_PERCENT);
    return NULL;
}

static const char *read_item(mock_faults *faults, gl_slice item)
{
    mock_fault_rule rule;
    gl_slice when = item;
    const char *why = read_mishap(mock_spec_next(&when, ':'), &rule.mishap);
    if (why != NULL) return why;
    if (when.len == 0 || memchr("#/~", when.data[0], 3) == NULL)
        return read_share(faults, &rule.mishap, when);
    if (faults->rules == MOCK_FAULT_RULES) return "more than 16 rules";
    why = read_rule(when, &rule);
    faults->rule[faults->rules++] = rule;
    return why;
}

bool mock_faults_parse(mock_faults *faults, const char *list, char *problem, size_t problem_size)
{
    *faults = (mock_faults){ 0 };
    for (int i = 0; i < MOCK_FAULT_COUNT; i++) faults->drawn[i].fault = MOCK_FAULT_NONE;
    gl_slice rest = gl_slice_str(list);
    uint64_t total = 0;
    while (rest.len != 0) {
        bool comma_last = rest.data[rest.len - 1] == ',';
        gl_slice item = mock_spec_next(&rest, ',');
        const char *why = comma_last ? "a comma at the end" : read_item(faults, item);
        if (why != NULL) return refuse(why, item, problem, problem_size);
    }
    for (int i = 0; i < MOCK_FAULT_COUNT; i++) total += faults->share[i];
    if (total > WHOLE)
        return refuse("more than 100 % in all", gl_slice_str(list), problem, problem_size);
    faults->any = total != 0;
    return true;
}

static bool fits(const mock_fault_rule *rule, uint64_t number, gl_slice body)
{
    return number >= rule->from && number <= rule->to && number % rule->each == 0 &&
           (rule->text.len == 0 || (body.len != 0 && memmem(body.data, body.len, rule->text.data,
                                                            rule->text.len) != NULL));
}

mock_mishap mock_faults_choose(const mock_faults *faults, gl_rng *rng, uint64_t number,
                               gl_slice body)
{
    mock_mishap mishap = { .fault = MOCK_FAULT_NONE };
    if (faults->any) {
        uint32_t at = gl_rng_below(rng, WHOLE);
        int i = 0;
        for (; i < MOCK_FAULT_COUNT && at >= faults->share[i]; i++) at -= faults->share[i];
        if (i < MOCK_FAULT_COUNT) mishap = faults->drawn[i];
    }
    for (size_t i = 0; i < faults->rules; i++)
        if (fits(&faults->rule[i], number, body)) return faults->rule[i].mishap;
    return mishap;
}
