/* queue.c - see queue.h. */
#include "gateway/queue.h"

#define WAIT_MAX_S 600

int64_t gateway_projected_wait_s(const gateway_load *load)
{
    double window = load->window > 0 ? (double)load->window : 1;
    double typical_s = load->typical_us > 0 ? (double)load->typical_us / 1e6 : 1;
    double wait = (double)load->waiting / window * typical_s + (double)load->blocked_ns / 1e9;
    if (!(wait < WAIT_MAX_S)) return WAIT_MAX_S;
    int64_t whole = (int64_t)wait;
    if ((double)whole < wait) whole++;
    return whole > 0 ? whole : 1;
}
