/* ordered.c - a ring of records that came before their turn. */
#include "batch/ordered.h"

#include <assert.h>

#include "base/alloc.h"

bool ordered_init(cli_ordered *order, size_t window, ordered_fn emit, void *arg)
{
    *order = (cli_ordered){ .window = window, .emit = emit, .arg = arg };
    order->slots = gl_calloc(window, sizeof *order->slots);
    return order->slots != NULL;
}

void ordered_free(cli_ordered *order)
{
    for (size_t i = 0; order->slots != NULL && i < order->window; i++)
        gl_free(order->slots[i].record);
    gl_free(order->slots);
    order->slots = NULL;
}

/* Hands on a record that waits, if there is one, and passes its number. */
static void pass(cli_ordered *order)
{
    struct ordered_slot *slot = &order->slots[order->next++ % order->window];
    if (slot->record != NULL) order->emit(order->arg, gl_slice_of(slot->record, slot->len));
    order->bytes -= slot->len;
    gl_free(slot->record);
    *slot = (struct ordered_slot){ 0 };
}

bool ordered_put(cli_ordered *order, uint64_t n, gl_slice record)
{
    assert(n >= order->next && n - order->next < order->window);
    struct ordered_slot *slot = &order->slots[n % order->window];
    if (n == order->next) {
        if (record.len > 0) order->emit(order->arg, record);
        order->next++;
        while (order->slots[order->next % order->window].done) pass(order);
        return true;
    }
    if (record.len > 0) {
        slot->record = gl_strndup(record.data, record.len);
        if (slot->record == NULL) return false;
    }
    slot->len = record.len;
    slot->done = true;
    order->bytes += record.len;
    return true;
}

void ordered_drain(cli_ordered *order)
{
    for (size_t left = order->slots != NULL ? order->window : 0; left > 0; left--) pass(order);
}
