/* heat.c - see heat.h. */
#include "load/heat.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/json.h"

/* Finds the lower ends of the lowest and the highest slot with entries; false: there is none. */
static bool range_of(const load_blocks *blocks, uint64_t *low, uint64_t *high)
{
    size_t from = LOAD_BLOCK_SLOTS, to = 0;
    for (size_t i = 0; i < blocks->count; i++)
        for (size_t k = 0; k < LOAD_BLOCK_SLOTS; k++) {
            if (blocks->block[i].latency[k] == 0) continue;
            if (k < from) from = k;
            if (k > to) to = k;
        }
    if (from == LOAD_BLOCK_SLOTS) return false;
    *low = load_block_slot_us(from);
    *high = load_block_slot_us(to);
    if (*low < 1) *low = 1;
    if (*high < *low) *high = *low;
    return true;
}

/* As many buckets an octave as there is room for, in equal steps of the logarithm. */
static void set_edges(load_heat *heat, uint64_t low, uint64_t high)
{
    double octaves = log2((double)high / (double)low);
    int steps = octaves <= 2 ? 8 : octaves <= 5 ? 4 : octaves <= 12 ? 2 : 1;
    int64_t first = (int64_t)floor(steps * log2((double)low));
    size_t edges = 0;
    for (int64_t k = first; edges <= LOAD_HEAT_BUCKETS; k++) {
        uint64_t edge = (uint64_t)ceil(exp2((double)k / steps) - 1e-9);
        if (edges > 0 && edge == heat->edge_us[edges - 1]) continue; /* of few microseconds */
        heat->edge_us[edges++] = edge;
        if (edge > high) break;
    }
    heat->buckets = edges - 1;
}

static size_t bucket_of(const load_heat *heat, uint64_t us)
{
    size_t bucket = 0;
    while (bucket + 1 < heat->buckets && us >= heat->edge_us[bucket + 1]) bucket++;
    return bucket;
}

void load_heat_of(const load_blocks *blocks, gl_time start, load_heat *heat)
{
    uint64_t low, high;
    memset(heat, 0, sizeof *heat);
    if (!range_of(blocks, &low, &high)) return;
    set_edges(heat, low, high);
    size_t joined = (blocks->count + LOAD_HEAT_COLUMNS - 1) / LOAD_HEAT_COLUMNS;
    heat->columns = (blocks->count + joined - 1) / joined;
    heat->from_s = (double)gl_time_since(blocks->start, start) / 1e9;
    heat->column_s = (double)joined * (double)blocks->width / 1e9;
    for (size_t i = 0; i < blocks->count; i++)
        for (size_t k = 0; k < LOAD_BLOCK_SLOTS; k++) {
            uint64_t *cell = &heat->count[i / joined][bucket_of(heat, load_block_slot_us(k))];
            *cell += blocks->block[i].latency[k];
            if (*cell > heat->most) heat->most = *cell;
        }
}

void load_heat_json(const load_heat *heat, gl_buf *out)
{
    gl_buf_append_str(out, ",\"heat\":{\"from_s\":");
    gl_json_write_double(out, heat->from_s);
    gl_buf_append_str(out, ",\"column_s\":");
    gl_json_write_double(out, heat->column_s);
    gl_buf_append_str(out, ",\"edges_us\":[");
    for (size_t i = 0; i <= heat->buckets && heat->buckets > 0; i++)
        gl_buf_printf(out, "%s%" PRIu64, i > 0 ? "," : "", heat->edge_us[i]);
    gl_buf_append_str(out, "],\"counts\":[");
    for (size_t i = 0; i < heat->columns; i++) {
        gl_buf_append_str(out, i > 0 ? ",[" : "[");
        for (size_t k = 0; k < heat->buckets; k++)
            gl_buf_printf(out, "%s%" PRIu64, k > 0 ? "," : "", heat->count[i][k]);
        gl_buf_append_char(out, ']');
    }
    gl_buf_append_str(out, "]}");
}
