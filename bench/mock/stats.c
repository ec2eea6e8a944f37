/* stats.c - see stats.h. Owns the table of digests; nothing else allocates. */
#include "mock/stats.h"

void mock_stats_init(mock_stats *stats, gl_time now)
{
    *stats = (mock_stats){ .start = now, .first = GL_TIME_NEVER, .last = GL_TIME_NEVER };
    gl_digest_set_init(&stats->seen);
}

void mock_stats_free(mock_stats *stats)
{
    gl_digest_set_free(&stats->seen);
}

void mock_stats_begin(mock_stats *stats, const unsigned char *digest, gl_time now)
{
    stats->requests++;
    if (++stats->in_flight > stats->peak) stats->peak = stats->in_flight;
    if (stats->first == GL_TIME_NEVER) stats->first = now;
    gl_digest key = gl_digest_of(digest);
    if (stats->seen.count == MOCK_DISTINCT_MAX)
        stats->seen_full = stats->seen_full || !gl_digest_set_has(&stats->seen, key);
    else if (gl_digest_set_add(&stats->seen, key) == GL_DIGEST_NO_MEMORY)
        stats->seen_full = true;
}

void mock_stats_left(mock_stats *stats, int status, mock_fault fault)
{
    stats->left++;
    if (fault != MOCK_FAULT_NONE)
        stats->left_by_fault[fault]++;
    else if (status == 429)
        stats->left_refused_429++;
    else if (status == 503)
        stats->left_refused_503++;
}

void mock_stats_end(mock_stats *stats, int status, gl_time now)
{
    stats->in_flight--;
    stats->last = now;
    if (status > 0 && status < 600) stats->by_status[status]++;
}

static void write_time(const mock_stats *stats, gl_time when, gl_buf *out)
{
    if (when == GL_TIME_NEVER)
        gl_buf_append_str(out, "null");
    else
        gl_buf_append_u64(out, gl_time_since(when, stats->start) / GL_MS);
}

/* "name":count, with the comma that it needs. */
static void write_count(gl_buf *out, bool *first, const char *name, uint64_t count)
{
    if (!*first) gl_buf_append_char(out, ',');
    *first = false;
    gl_buf_printf(out, "\"%s\":", name);
    gl_buf_append_u64(out, count);
}

void mock_stats_write(const mock_stats *stats, gl_time now, gl_buf *out)
{
    bool first = true;
    gl_buf_append_char(out, '{');
    write_count(out, &first, "requests", stats->requests);
    write_count(out, &first, "distinct", stats->seen.count);
    if (stats->seen_full) gl_buf_append_str(out, ",\"distinct_full\":true");
    gl_buf_append_str(out, ",\"by_status\":{");
    first = true;
    for (int status = 100; status < 600; status++) {
        if (stats->by_status[status] == 0) continue;
        char name[4] = { (char)('0' + status / 100), (char)('0' + status / 10 % 10),
                         (char)('0' + status % 10), '\0' };
        write_count(out, &first, name, stats->by_status[status]);
    }
    gl_buf_append_str(out, "},\"by_fault\":{");
    first = true;
    for (int i = 0; i < MOCK_FAULT_COUNT; i++)
        if (stats->by_fault[i] != 0)
            write_count(out, &first, mock_fault_name((mock_fault)i), stats->by_fault[i]);
    gl_buf_append_str(out, "},");
    first = true;
    write_count(out, &first, "peak_in_flight", stats->peak);
    write_count(out, &first, "open_connections", stats->open_connections);
    write_count(out, &first, "outage_requests", stats->outage_requests);
    write_count(out, &first, "quota_requests", stats->quota_requests);
    write_count(out, &first, "limited_requests", stats->limited_requests);
    write_count(out, &first, "stalled_requests", stats->stalled_requests);
    write_count(out, &first, "queue_refused", stats->queue_refused);
    write_count(out, &first, "left", stats->left);
    gl_buf_append_str(out, ",\"left_by_fault\":{");
    first = true;
    for (int i = 0; i < MOCK_FAULT_COUNT; i++)
        if (stats->left_by_fault[i] != 0)
            write_count(out, &first, mock_fault_name((mock_fault)i), stats->left_by_fault[i]);
    if (stats->left_refused_429 != 0)
        write_count(out, &first, "refused_429", stats->left_refused_429);
    if (stats->left_refused_503 != 0)
        write_count(out, &first, "refused_503", stats->left_refused_503);
    gl_buf_append_char(out, '}');
    gl_buf_append_str(out, ",\"first_ms\":");
    write_time(stats, stats->first, out);
    gl_buf_append_str(out, ",\"last_ms\":");
    write_time(stats, stats->last, out);
    gl_buf_append_str(out, ",\"now_ms\":");
    write_time(stats, now, out);
    gl_buf_append_char(out, '}');
}
