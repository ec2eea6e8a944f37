/* blocks.c - see blocks.h. */
#include "load/blocks.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"

#define STEP_BITS 6
#define TOP_US    UINT64_C(0xffffffff)

load_blocks *load_blocks_new(gl_time start)
{
    load_blocks *blocks = gl_malloc(sizeof *blocks);
    if (blocks == NULL) return NULL;
    memset(blocks, 0, sizeof *blocks); /* touches each page, as gl_calloc would not */
    blocks->start = start;
    blocks->width = GL_MS;
    return blocks;
}

void load_blocks_free(load_blocks *blocks)
{
    gl_free(blocks);
}

/* --- slots: values below 128 have one each, then 64 an octave --------------------------------- */

size_t load_block_slot(uint64_t us)
{
    if (us > TOP_US) us = TOP_US;
    int top = 63 - __builtin_clzll(us | 1), shift = top > STEP_BITS ? top - STEP_BITS : 0;
    return ((size_t)shift << STEP_BITS) + (size_t)(us >> shift);
}

uint64_t load_block_slot_us(size_t slot)
{
    const size_t steps = (size_t)1 << STEP_BITS;
    if (slot < 2 * steps) return slot;
    int shift = (int)(slot / steps) - 1;
    return (uint64_t)(slot % steps + steps) << shift;
}

double load_block_below(const uint32_t slots[LOAD_BLOCK_SLOTS], double us)
{
    us = us<0 ? 0 : us>(double) TOP_US + 1 ? (double)TOP_US + 1 : us;
    size_t last = load_block_slot((uint64_t)us);
    double below = 0, from = (double)load_block_slot_us(last);
    double wide = (double)load_block_slot_us(last + 1) - from;
    for (size_t i = 0; i < last; i++) below += slots[i];
    return below + slots[last] * ((us - from) / wide);
}

double load_block_sum(const uint32_t slots[LOAD_BLOCK_SLOTS])
{
    double sum = 0;
    for (size_t i = 0; i < LOAD_BLOCK_SLOTS; i++)
        if (slots[i] > 0)
            sum += slots[i] * (double)(load_block_slot_us(i) + load_block_slot_us(i + 1)) / 2;
    return sum;
}

/* --- adding ----------------------------------------------------------------------------------- */

static void use(load_block_range *range, size_t slot)
{
    if (range->to == 0 || slot < range->from) range->from = slot;
    if (slot >= range->to) range->to = slot + 1;
}

static void join_slots(const load_block_range *range, uint32_t *to, const uint32_t *a,
                       const uint32_t *b)
{
    for (size_t k = range->from; k < range->to; k++) to[k] = a[k] + b[k];
}

static void clear(const load_blocks *blocks, load_block *block)
{
    const load_block_range *latency = &blocks->latency, *ttft = &blocks->ttft;
    memset(block->latency + latency->from, 0, (latency->to - latency->from) * sizeof(uint32_t));
    memset(block->ttft + ttft->from, 0, (ttft->to - ttft->from) * sizeof(uint32_t));
    block->ended = block->errors = block->answers = 0;
}

static void halve(load_blocks *blocks)
{
    for (size_t i = 0; i < LOAD_BLOCKS / 2; i++) {
        load_block *to = &blocks->block[i];
        const load_block *a = &blocks->block[2 * i], *b = a + 1;
        to->ended = a->ended + b->ended;
        to->errors = a->errors + b->errors;
        to->answers = a->answers + b->answers;
        join_slots(&blocks->latency, to->latency, a->latency, b->latency);
        join_slots(&blocks->ttft, to->ttft, a->ttft, b->ttft);
    }
    for (size_t i = LOAD_BLOCKS / 2; i < LOAD_BLOCKS; i++) clear(blocks, &blocks->block[i]);
    blocks->count = (blocks->count + 1) / 2;
    blocks->width *= 2;
}

static size_t index_of(const load_blocks *blocks, gl_time at)
{
    return (size_t)(gl_time_since(at, blocks->start) / blocks->width);
}

void load_blocks_sent(load_blocks *blocks, gl_time at)
{
    while (index_of(blocks, at) >= LOAD_BLOCKS) halve(blocks);
    if (at >= blocks->start && index_of(blocks, at) >= blocks->count)
        blocks->count = index_of(blocks, at) + 1;
}

void load_blocks_add(load_blocks *blocks, const load_block_sample *sample)
{
    const load_block_sample *s = sample;
    load_blocks_sent(blocks, s->intended);
    load_block *block = &blocks->block[index_of(blocks, s->intended)];
    size_t done = index_of(blocks, s->done), slot = load_block_slot(s->latency_us);
    block->ended++;
    block->errors += s->failed;
    block->latency[slot]++;
    use(&blocks->latency, slot);
    if (s->ttft_us >= 0) {
        slot = load_block_slot((uint64_t)s->ttft_us);
        block->ttft[slot]++;
        use(&blocks->ttft, slot);
    }
    if (done < LOAD_BLOCKS) blocks->block[done].answers += !s->failed;
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* [[us,count],...], us being the lower end of a slot. */
static void slots_json(const uint32_t slots[LOAD_BLOCK_SLOTS], gl_buf *out)
{
    const char *comma = "";
    gl_buf_append_char(out, '[');
    for (size_t i = 0; i < LOAD_BLOCK_SLOTS; i++) {
        if (slots[i] == 0) continue;
        gl_buf_printf(out, "%s[%" PRIu64 ",%" PRIu32 "]", comma, load_block_slot_us(i), slots[i]);
        comma = ",";
    }
    gl_buf_append_char(out, ']');
}

void load_blocks_json(const load_blocks *blocks, gl_buf *out)
{
    gl_buf_append_str(out, ",\"blocks\":{\"block_s\":");
    gl_json_write_double(out, (double)blocks->width / 1e9);
    gl_buf_append_str(out, ",\"rows\":[");
    for (size_t i = 0; i < blocks->count; i++) {
        const load_block *b = &blocks->block[i];
        gl_buf_printf(out,
                      "%s{\"ended\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"answers\":%" PRIu64
                      ",\"latency\":",
                      i > 0 ? "," : "", b->ended, b->errors, b->answers);
        slots_json(b->latency, out);
        gl_buf_append_str(out, ",\"ttft\":");
        slots_json(b->ttft, out);
        gl_buf_append_char(out, '}');
    }
    gl_buf_append_str(out, "]}");
}
