/* journal.c - see journal.h. Owns the ring; nothing else allocates. */
#include "mock/journal.h"

#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"

bool mock_journal_init(mock_journal *journal, size_t size)
{
    *journal = (mock_journal){ .size = size, .next = 1, .first = 1 };
    if (size == 0) return true;
    journal->at = gl_calloc(size, sizeof *journal->at);
    return journal->at != NULL;
}

void mock_journal_free(mock_journal *journal)
{
    gl_free(journal->at);
    journal->at = NULL;
}

/* Numbers go on, so that a request under way does not end in another's entry. */
void mock_journal_clear(mock_journal *journal)
{
    journal->first = journal->next;
}

static size_t keep(char *to, size_t size, gl_slice from)
{
    size_t len = from.len < size ? from.len : size;
    if (len != 0) memcpy(to, from.data, len);
    return len;
}

mock_journal_entry *mock_journal_add(mock_journal *journal, gl_slice method, gl_slice path,
                                     gl_slice body, gl_time now)
{
    if (journal->at == NULL) return NULL;
    uint64_t number = journal->next++;
    mock_journal_entry *entry = &journal->at[number % journal->size];
    entry->number = number;
    entry->came = now;
    entry->ended = GL_TIME_NEVER;
    entry->status = 0;
    entry->fault = MOCK_FAULT_NONE;
    entry->stream = entry->left = false;
    entry->method[keep(entry->method, sizeof entry->method - 1, method)] = '\0';
    entry->path_len = keep(entry->path, sizeof entry->path, path);
    entry->body_len = keep(entry->body, sizeof entry->body, body);
    entry->body_size = body.len;
    return entry;
}

mock_journal_entry *mock_journal_find(const mock_journal *journal, uint64_t number)
{
    if (journal->at == NULL || number < journal->first) return NULL;
    mock_journal_entry *entry = &journal->at[number % journal->size];
    return entry->number == number ? entry : NULL;
}

/* --- as JSON ---------------------------------------------------------------------------------- */

/* Writes bytes that are no UTF-8 as U+FFFD: a body may be anything, and may be cut in a
 * character. */
static void write_text(gl_buf *out, gl_slice text)
{
    gl_buf_append_char(out, '"');
    while (text.len != 0) {
        size_t good = gl_utf8_check(text.data, text.len);
        gl_json_write_text(out, gl_slice_of(text.data, good));
        if (good == text.len) break;
        gl_buf_append_str(out, "\xef\xbf\xbd");
        text = gl_slice_of(text.data + good + 1, text.len - good - 1);
    }
    gl_buf_append_char(out, '"');
}

static void write_entry(const mock_journal_entry *entry, gl_time now, int64_t wall_ms, gl_buf *out)
{
    int64_t came = wall_ms - (int64_t)(gl_time_since(now, entry->came) / GL_MS);
    gl_buf_append_str(out, "{\"number\":");
    gl_buf_append_u64(out, entry->number);
    gl_buf_append_str(out, ",\"time_ms\":");
    gl_buf_append_i64(out, came);
    gl_buf_append_str(out, ",\"method\":");
    write_text(out, gl_slice_str(entry->method));
    gl_buf_append_str(out, ",\"path\":");
    write_text(out, gl_slice_of(entry->path, entry->path_len));
    gl_buf_append_str(out, ",\"status\":");
    if (entry->status != 0)
        gl_buf_append_i64(out, entry->status);
    else
        gl_buf_append_str(out, "null");
    gl_buf_append_str(out, ",\"duration_ms\":");
    if (entry->ended != GL_TIME_NEVER)
        gl_json_write_double(out, (double)(entry->ended - entry->came) / (double)GL_MS);
    else
        gl_buf_append_str(out, "null");
    gl_buf_append_str(out, ",\"fault\":");
    if (entry->fault != MOCK_FAULT_NONE)
        gl_json_write_string(out, gl_slice_str(mock_fault_name(entry->fault)));
    else
        gl_buf_append_str(out, "null");
    gl_buf_append_str(out, entry->stream ? ",\"stream\":true" : ",\"stream\":false");
    gl_buf_append_str(out, entry->left ? ",\"left\":true" : ",\"left\":false");
    gl_buf_append_str(out, ",\"body_bytes\":");
    gl_buf_append_u64(out, entry->body_size);
    gl_buf_append_str(out, ",\"body\":");
    write_text(out, gl_slice_of(entry->body, entry->body_len));
    gl_buf_append_char(out, '}');
}

void mock_journal_write(const mock_journal *journal, uint64_t after, size_t limit, gl_time now,
                        gl_buf *out)
{
    uint64_t from = journal->first, end = journal->next;
    int64_t wall_ms = gl_clock_unix_ms();
    bool first = true;
    if (end - from > journal->size) from = end - journal->size;
    if (after >= from) from = after < end ? after + 1 : end;
    if (end - from > limit) from = end - limit;
    gl_buf_append_str(out, "{\"object\":\"list\",\"requests\":");
    gl_buf_append_u64(out, end - journal->first);
    gl_buf_append_str(out, ",\"kept\":");
    gl_buf_append_u64(out, journal->size);
    gl_buf_append_str(out, ",\"data\":[");
    for (uint64_t number = from; number < end; number++) {
        const mock_journal_entry *entry = mock_journal_find(journal, number);
        if (entry == NULL) continue;
        if (!first) gl_buf_append_char(out, ',');
        first = false;
        write_entry(entry, now, wall_ms, out);
    }
    gl_buf_append_str(out, "]}");
}
