/*
 * abort.h - when a run has gone so wrong that it need not go on: --abort-on
 * 'error_rate>10%,p99>5s'. Pure.
 *
 * A term is written as an SLA's (sla.h) and says what is bad. It holds beyond doubt when it still
 * would after chance has had its due: the part of the requests that is bad (failed, slower than the
 * bound, no hit, not good) lies on the wrong side by its Wilson interval of 4.5 deviations, which
 * chance leaves once in 300,000 looks; so a run of an hour that is looked at each second is stopped
 * for nothing once in 80. Requests of a queue depend on each other, which the interval does not
 * know. A maximum is passed by one request.
 */
#ifndef LOAD_ABORT_H
#define LOAD_ABORT_H

#include "load/sla.h"

/* As load_sla_parse, but for rates and means, which no count of requests decides. */
bool load_abort_parse(load_sla *terms, const char *text, char *problem, size_t problem_size);

/* The first term that holds beyond doubt, or NULL. */
const load_term *load_abort_look(const load_sla *terms, const load_recorder *recorder);

#endif
