/*
 * abort.h - decides when a run has gone so wrong that it can end: --abort-on
 * 'error_rate>10%,p99>5s'. Pure.
 *
 * A term is written like an SLA's (sla.h), and names a bad state. It holds beyond doubt when chance
 * cannot explain it: the part of the requests that is bad (failed, slower than the bound, no hit,
 * not good) is on the wrong side by its Wilson interval of 4.5 deviations, which chance leaves once
 * in 300,000 looks; so a run of an hour that is looked at each second is stopped for nothing once
 * in 80. The interval ignores that requests of a queue depend on each other. One request suffices
 * for a maximum.
 */
#ifndef LOAD_ABORT_H
#define LOAD_ABORT_H

#include "load/sla.h"

/* Like load_sla_parse, but refuses rates and means, which no count of requests decides. */
bool load_abort_parse(load_sla *terms, const char *text, char *problem, size_t problem_size);

/* Returns the first term that holds beyond doubt, or NULL. */
const load_term *load_abort_look(const load_sla *terms, const load_recorder *recorder);

#endif
