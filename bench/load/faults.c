/* faults.c - see faults.h. Pure. */
#include "load/faults.h"

#include "base/json.h"

static const char *const names[LOAD_FAULTS] = { "429",      "500",       "503", "reset",
                                                "truncate", "malformed", "hang" };

const char *load_fault_name(load_fault fault)
{
    return names[fault];
}

/* --- the client --------------------------------------------------------------------------------
 */

static uint64_t *book_of(load_faults *faults, const glimpse_attempt_record *attempt)
{
    switch (attempt->http_status) {
    case 429:
        return &faults->seen[LOAD_FAULT_429];
    case 500:
        return &faults->seen[LOAD_FAULT_500];
    case 503:
        return &faults->seen[LOAD_FAULT_503];
    default:
        break;
    }
    switch (attempt->error) {
    case GLIMPSE_ERR_RESET: /* with a status line it was cut, without one reset */
        return &faults->seen[attempt->http_status != 0 ? LOAD_FAULT_TRUNCATE : LOAD_FAULT_RESET];
    case GLIMPSE_ERR_STREAM_TRUNCATED:
        return &faults->seen[LOAD_FAULT_TRUNCATE];
    case GLIMPSE_ERR_BAD_JSON:
        return &faults->seen[LOAD_FAULT_MALFORMED];
    case GLIMPSE_ERR_TIMEOUT:
    case GLIMPSE_ERR_TIMEOUT_FIRST_BYTE:
    case GLIMPSE_ERR_TIMEOUT_IDLE:
    case GLIMPSE_ERR_DEADLINE:
    case GLIMPSE_ERR_CANCELLED:
        return &faults->given_up;
    default:
        return &faults->other;
    }
}

void load_faults_add(load_faults *faults, const glimpse_result *result)
{
    size_t count = glimpse_result_attempt_count(result);
    bool failed = glimpse_result_error(result) != GLIMPSE_OK, met = false;
    int sent = glimpse_result_attempts(result);
    if (sent > 0 && (uint64_t)sent > count) faults->unlisted += (uint64_t)sent - count;
    for (size_t i = 0; i < count; i++) {
        const glimpse_attempt_record *attempt = glimpse_result_attempt(result, i);
        if (attempt->error == GLIMPSE_OK) continue;
        met = true;
        ++*book_of(faults, attempt);
        faults->retried += i + 1 < count;
    }
    if (count > 0 && failed) faults->surfaced++;
    if (!met) return;
    faults->met++;
    if (failed)
        faults->met_surfaced++;
    else
        faults->met_recovered++;
}

/* --- the server --------------------------------------------------------------------------------
 */

static uint64_t count_of(gl_json object, const char *name)
{
    int64_t count = 0;
    return gl_json_int64(gl_json_get(object, name), &count) && count > 0 ? (uint64_t)count : 0;
}

bool load_faults_server(load_faults *faults, gl_slice stats)
{
    gl_json root;
    if (gl_json_check(stats, &root, NULL) != GL_JSON_OK) return false;
    gl_json by_fault = gl_json_get(root, "by_fault"), left = gl_json_get(root, "left_by_fault");
    gl_json by_status = gl_json_get(root, "by_status");
    if (by_fault.kind != GL_JSON_OBJECT || left.kind != GL_JSON_OBJECT ||
        by_status.kind != GL_JSON_OBJECT)
        return false;
    faults->left[LOAD_FAULT_429] = count_of(left, "refused_429");
    faults->left[LOAD_FAULT_503] = count_of(left, "refused_503");
    for (int i = 0; i < LOAD_FAULTS; i++) {
        faults->left[i] += count_of(left, names[i]);
        /* An error answer counts, whether it was drawn, scripted, recorded or a limit's. */
        bool status = i == LOAD_FAULT_429 || i == LOAD_FAULT_500 || i == LOAD_FAULT_503;
        faults->injected[i] =
            status ? count_of(by_status, names[i]) + faults->left[i] : count_of(by_fault, names[i]);
    }
    /* A connection closed before the request was read is a reset to its client. */
    faults->injected[LOAD_FAULT_RESET] += count_of(root, "closed_connections");
    faults->left_all = count_of(root, "left");
    faults->asked = true;
    return true;
}

/* --- both --------------------------------------------------------------------------------------
 */

static uint64_t sum(const uint64_t counts[LOAD_FAULTS])
{
    uint64_t all = 0;
    for (int i = 0; i < LOAD_FAULTS; i++) all += counts[i];
    return all;
}

uint64_t load_faults_injected(const load_faults *faults)
{
    return sum(faults->injected);
}

uint64_t load_faults_left(const load_faults *faults)
{
    return sum(faults->left);
}

uint64_t load_faults_seen(const load_faults *faults)
{
    return sum(faults->seen);
}

load_balance load_faults_balance(const load_faults *faults)
{
    const load_faults *f = faults;
    load_balance balance = { 0 };
    if (f->unlisted > 0) return balance;
    int64_t crossed = (int64_t)f->given_up - (int64_t)f->left_all;
    for (int i = 0; f->asked && i < LOAD_FAULTS; i++) {
        int64_t wrong = (int64_t)f->injected[i] - (int64_t)f->left[i] - (int64_t)f->seen[i];
        if (wrong > 0 && crossed > 0) {
            int64_t allowed = wrong < crossed ? wrong : crossed;
            wrong -= allowed;
            crossed -= allowed;
        }
        balance.faults += wrong < 0 ? -wrong : wrong;
    }
    balance.attempts = (int64_t)(load_faults_seen(f) + f->given_up + f->other) -
                       (int64_t)(f->retried + f->surfaced);
    balance.requests = (int64_t)f->met - (int64_t)(f->met_recovered + f->met_surfaced);
    return balance;
}
