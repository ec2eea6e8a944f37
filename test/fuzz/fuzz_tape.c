/*
 * fuzz_tape.c - any bytes as a tape that the mock plays: it is refused in words, or each answer on
 * it has its bytes in the order of their times, headers that are lines, and is found by its digest;
 * written as a recording it is read as the same answers again.
 */
#include "fuzz.h"

#include <sys/mman.h>

#include "base/buf.h"
#include "mock/tape.h"

enum { PROBLEM = 512 };

static bool read_tape(mock_tape *tape, const void *data, size_t size)
{
    char path[64], problem[PROBLEM] = "";
    int fd = memfd_create("tape", MFD_CLOEXEC);
    claim(fd >= 0 && write(fd, data, size) == (ssize_t)size, "no file");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    bool taken = mock_tape_read(tape, path, problem, sizeof problem);
    close(fd);
    claim(taken || strncmp(problem, "replay: ", 8) == 0, "refused without a word");
    if (!taken) claim_plain_line(problem, strlen(problem));
    return taken;
}

/* Each line ends where the next begins, and none of its bytes ends it early. */
static void check_headers(gl_slice lines)
{
    for (size_t i = 0; i < lines.len; i++) {
        unsigned char c = (unsigned char)lines.data[i];
        if (c == '\r') {
            claim(i + 3 < lines.len && lines.data[i + 1] == '\n', "half a line end");
            gl_slice rest = gl_slice_of(lines.data + i + 2, lines.len - i - 2);
            claim(memmem(rest.data, rest.len, ": ", 2) != NULL, "a header without a value");
            i++;
            continue;
        }
        claim(c >= 0x20 && c != 0x7f, "a control character in a header");
    }
}

static void check_exchange(const mock_exchange *exchange)
{
    gl_time at = 0;
    size_t end = 0;
    claim(exchange->status >= 200 && exchange->status <= 599, "a status that is none");
    for (size_t i = 0; i < exchange->chunks; i++) {
        claim(exchange->chunk[i].at >= at && exchange->chunk[i].end >= end, "chunks out of order");
        at = exchange->chunk[i].at;
        end = exchange->chunk[i].end;
    }
    claim(end == exchange->body.len, "bytes that no chunk has");
    check_headers(gl_buf_slice(&exchange->headers));
}

/* Twice around: each answer of a digest comes as often, and in the file's order. */
static void check_order(mock_tape *tape)
{
    mock_tape_rewind(tape);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < tape->count; i++) {
            const mock_exchange *played = mock_tape_next(tape, tape->at[i]->digest);
            claim(played == tape->at[i], "out of order, or not found");
        }
    mock_tape_rewind(tape);
}

static void claim_same(gl_slice a, gl_slice b, const char *what)
{
    claim(a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0), what);
}

static void check_written(const mock_tape *tape)
{
    mock_tape again;
    gl_buf out;
    gl_buf_init(&out, MOCK_TAPE_MAX);
    for (size_t i = 0; i < tape->count; i++) mock_exchange_write(tape->at[i], &out);
    claim(!out.failed && read_tape(&again, out.data, out.len), "a recording is refused");
    claim(again.count == tape->count, "another number of answers");
    for (size_t i = 0; i < tape->count; i++) {
        const mock_exchange *a = tape->at[i], *b = again.at[i];
        claim(memcmp(a->digest, b->digest, sizeof a->digest) == 0, "another digest");
        claim(a->status == b->status && a->stream == b->stream, "another answer");
        claim(a->head_at == b->head_at && a->end_at == b->end_at, "other times");
        claim(a->chunks == b->chunks, "other chunks");
        claim_same(gl_buf_slice(&a->headers), gl_buf_slice(&b->headers), "other headers");
        claim_same(gl_buf_slice(&a->body), gl_buf_slice(&b->body), "another body");
    }
    mock_tape_free(&again);
    gl_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mock_tape tape;
    if (!read_tape(&tape, data, size)) return 0;
    claim(tape.count > 0, "taken, and nothing on it");
    for (size_t i = 0; i < tape.count; i++) check_exchange(tape.at[i]);
    check_order(&tape);
    check_written(&tape);
    mock_tape_free(&tape);
    return 0;
}
