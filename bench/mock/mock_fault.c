/* mock_fault.c - see mock_fault.h. Pure. */
#include "mock/mock_fault.h"

#include <math.h>
#include <stdio.h>

#include "mock/mock_spec.h"

#define WHOLE       UINT32_C(1000000)
#define PER_PERCENT 1e4
#define HIGHEST     100.0 /* percent */

static const struct {
    const char *name;
    int status;
} kinds[MOCK_FAULT_COUNT] = {
    [MOCK_FAULT_429] = { "429", 429 },
    [MOCK_FAULT_500] = { "500", 500 },
    [MOCK_FAULT_503] = { "503", 503 },
    [MOCK_FAULT_RESET] = { "reset", 0 },
    [MOCK_FAULT_TRUNCATE] = { "truncate", 0 },
    [MOCK_FAULT_MALFORMED] = { "malformed", 0 },
    [MOCK_FAULT_HANG] = { "hang", 0 },
    [MOCK_FAULT_PACK_SHORT] = { "pack_short", 0 },
    [MOCK_FAULT_PACK_ORDER] = { "pack_order", 0 },
    [MOCK_FAULT_PACK_DUPLICATE] = { "pack_duplicate", 0 },
    [MOCK_FAULT_PACK_OVERLONG] = { "pack_overlong", 0 },
    [MOCK_FAULT_PACK_NOTJSON] = { "pack_notjson", 0 },
    [MOCK_FAULT_PACK_CUT] = { "pack_cut", 0 },
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
    snprintf(problem, problem_size,
             "fault: %s in '%.*s' (NAME:PERCENT%% with NAME one of 429, "
             "500, 503, reset, truncate, malformed, hang, pack_short, pack_order, pack_duplicate, "
             "pack_overlong, pack_notjson, pack_cut)",
             why, shown, what.data);
    return false;
}

static mock_fault fault_of(gl_slice name)
{
    for (int i = 0; i < MOCK_FAULT_COUNT; i++)
        if (gl_slice_is(name, kinds[i].name)) return (mock_fault)i;
    return MOCK_FAULT_NONE;
}

bool mock_fault_find(gl_slice name, mock_fault *fault)
{
    *fault = fault_of(name);
    return *fault != MOCK_FAULT_NONE || gl_slice_is(name, "none");
}

bool mock_faults_parse(mock_faults *faults, const char *list, char *problem, size_t problem_size)
{
    *faults = (mock_faults){ 0 };
    gl_slice rest = gl_slice_str(list);
    bool seen[MOCK_FAULT_COUNT] = { false };
    uint32_t total = 0;
    while (rest.len != 0) {
        bool comma_last = rest.data[rest.len - 1] == ',';
        gl_slice item = mock_spec_next(&rest, ','), share = item;
        gl_slice name = mock_spec_next(&share, ':');
        mock_fault fault = fault_of(name);
        if (fault == MOCK_FAULT_NONE || comma_last)
            return refuse("unknown fault", item, problem, problem_size);
        if (seen[fault]) return refuse("the same fault twice", item, problem, problem_size);
        double percent;
        gl_slice unit;
        if (!mock_spec_number(share, &percent, &unit) || !gl_slice_is(unit, "%") ||
            percent > HIGHEST)
            return refuse("not a percentage", item, problem, problem_size);
        seen[fault] = true;
        faults->share[fault] = (uint32_t)lround(percent * PER_PERCENT);
        total += faults->share[fault];
        if (total > WHOLE)
            return refuse("more than 100 % in all", gl_slice_str(list), problem, problem_size);
    }
    faults->any = total != 0;
    return true;
}

mock_fault mock_faults_draw(const mock_faults *faults, gl_rng *rng)
{
    if (!faults->any) return MOCK_FAULT_NONE;
    uint32_t at = gl_rng_below(rng, WHOLE);
    for (int i = 0; i < MOCK_FAULT_COUNT; i++) {
        if (at < faults->share[i]) return (mock_fault)i;
        at -= faults->share[i];
    }
    return MOCK_FAULT_NONE;
}
