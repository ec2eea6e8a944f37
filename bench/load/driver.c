/*
 * driver.c - see driver.h. Owns one small item a request in flight, and in a closed loop one a
 * user, which goes from request to request.
 *
 * An open loop has one timer, at the next time of the schedule. When it fires, all due requests are
 * sent: a late driver catches up, and the schedule never moves.
 */
#include "load/driver.h"

#include <event2/event.h>
#include <string.h>

#include "base/alloc.h"

/* Requests sent in one turn of the loop at most, so that answers are read in between while it
 * catches up. */
#define SENDS_A_TURN 64

typedef struct load_item {
    load_driver *driver;
    gl_time intended, sent;
    uint64_t number;
    bool repeated;
    struct event *think; /* of a user; NULL in an open loop */
    uint64_t left;       /* requests of this user still to send */
    load_question asked; /* the request's numbers; the texts are gone */
    load_talk talk;
} load_item;

struct load_driver {
    struct event_base *base;
    glimpse_engine *engine;
    load_plan plan;
    load_mix *mix;
    load_recorder *recorder;
    struct event *timer;   /* the next send; in a closed loop the start */
    struct event *finish;  /* the end of the duration */
    struct event *over;    /* calls `ended`, from the loop */
    gl_time start, next;   /* next: of the schedule, since start */
    uint64_t issued, live; /* live: requests, and users that think */
    uint64_t begun;        /* users that have sent, or had nothing to send */
    bool stopped, talks;
    load_item *users;
    void (*ended)(void *arg);
    void *arg;
};

static void arm(struct event *event, gl_time at)
{
    gl_time now = gl_clock_now();
    uint64_t us = (gl_time_since(at, now) + GL_US - 1) / GL_US; /* never early */
    const struct timeval wait = { (time_t)(us / 1000000), (suseconds_t)(us % 1000000) };
    event_add(event, &wait);
}

static gl_time next_time(load_driver *d)
{
    return d->plan.trace != NULL ? load_trace_next(d->plan.trace)
                                 : load_arrivals_next(&d->plan.arrivals);
}

static bool may_send(const load_driver *d)
{
    return !d->stopped && (d->plan.requests == 0 || d->issued < d->plan.requests);
}

/* Ends the run when no request is under way, and none will be. */
static void look_for_end(load_driver *d)
{
    bool more = may_send(d) && (d->plan.open ? d->next != GL_TIME_NEVER : d->begun < d->plan.users);
    if (d->live == 0 && !more) event_active(d->over, EV_TIMEOUT, 1);
}

/* The mock names an answer by its times, RECEIVED-SENT in ns, 20 digits each. Returns how long it
 * had the request; -1: the id has another form. */
static int64_t server_time(const char *id)
{
    enum { DIGITS = 20 };
    uint64_t times[2] = { 0 };
    if (strlen(id) != 2 * DIGITS + 1 || id[DIGITS] != '-') return -1;
    for (int i = 0; i < 2 * DIGITS + 1; i++) {
        if (i == DIGITS) continue;
        if (id[i] < '0' || id[i] > '9') return -1;
        times[i > DIGITS] = times[i > DIGITS] * 10 + (uint64_t)(id[i] - '0');
    }
    return times[1] >= times[0] ? (int64_t)(times[1] - times[0]) : -1;
}

static void finished(load_item *item, const glimpse_result *result, load_outcome *out)
{
    const glimpse_timings *timings = glimpse_result_timings(result);
    const glimpse_usage *usage = glimpse_result_usage(result);
    glimpse_source source = glimpse_result_source(result);
    /* A live answer ends with its last byte, any other when it is delivered. */
    bool read = source == GLIMPSE_SOURCE_LIVE && timings->answered_ns >= 0 &&
                glimpse_result_error(result) == GLIMPSE_OK;
    /* Times that count from submit do so from the engine's reading of the clock. */
    gl_time submitted = (gl_time)timings->submitted_ns;
    gl_time done = read ? submitted + (gl_time)timings->answered_ns : gl_clock_now();
    int64_t took = (int64_t)gl_time_since(done, item->sent);
    int64_t waited = (timings->queue_ns > 0 ? timings->queue_ns : 0) +
                     (timings->backoff_ns > 0 ? timings->backoff_ns : 0);
    bool own = source == GLIMPSE_SOURCE_LIVE;
    *out = (load_outcome){
        .intended = item->intended,
        .sent = item->sent,
        .left = timings->sent_ns < 0 ? GL_TIME_NEVER : submitted + (gl_time)timings->sent_ns,
        .started = submitted + (timings->started_ns > 0 ? (gl_time)timings->started_ns : 0),
        .waited = (gl_time)(waited < took ? waited : took),
        .done = done,
        .first_byte_ns = own ? timings->first_byte_ns : -1,
        .first_token_ns = own ? timings->first_token_ns : -1,
        .first_chunk_ns = own ? timings->first_chunk_ns : -1,
        .first_answer_ns = own ? timings->first_answer_ns : -1,
        .chunk_gap_max_ns = own ? timings->token_gap_max_ns : -1,
        .client_ns = read ? timings->first_byte_ns - timings->connect_ns : -1,
        .server_ns = read ? server_time(glimpse_result_request_id(result)) : -1,
        .status = glimpse_result_status(result),
        .error = glimpse_result_error(result),
        .source = source,
        .attempts = glimpse_result_attempts(result),
        .thresholds = glimpse_result_thresholds_crossed(result),
        .repeated = item->repeated,
        .prompt_tokens = own ? usage->prompt_tokens : 0,
        .completion_tokens = own ? usage->completion_tokens : 0,
        .kind = item->asked.kind,
        .input_tokens = own ? item->asked.input_tokens : 0,
        .output_tokens = own ? item->asked.output_tokens : 0,
        .request_id = own ? glimpse_result_request_id(result) : NULL
    };
    if (own) out->arrivals = glimpse_result_arrivals(result, &out->arrival_count);
}

/* Judges an answer of the engine by the rule of its endpoint. */
static void judge(const load_item *item, const glimpse_result *result, load_outcome *out)
{
    const load_question *asked = &item->asked;
    size_t len;
    bool draft = !asked->raw; /* it asks for a text */
    if ((!asked->judged && !draft) || out->error != GLIMPSE_OK) return;
    const char *body = glimpse_result_body(result, &len);
    out->wrong = load_endpoint_wrong(draft ? LOAD_CHAT : asked->endpoint, asked->texts,
                                     gl_slice_of(body, len), glimpse_result_empty(result));
    if (out->wrong == NULL) return;
    out->status = GLIMPSE_STATUS_ERROR;
    out->error = GLIMPSE_ERR_BAD_JSON;
}

static void user_goes_on(load_item *user);
static bool send_one(load_driver *d, load_item *item, gl_time intended);

/* Returns true when the conversation has a next turn, which is on its way. */
static bool talk_goes_on(load_driver *d, load_item *item, const glimpse_result *result,
                         const load_outcome *outcome)
{
    size_t len;
    const char *text = glimpse_result_text(result, &len);
    bool more = d->talks && load_talk_answered(&item->talk, outcome->error == GLIMPSE_OK,
                                               gl_slice_of(text, len));
    gl_time now = gl_clock_now();
    bool over = d->plan.duration != 0 && now >= d->start + d->plan.duration;
    if (!more || item->think != NULL || over || !may_send(d)) return false;
    if (send_one(d, item, now)) return true;
    d->stopped = true;
    return false;
}

static void item_free(load_item *item)
{
    if (item == NULL) return;
    load_talk_free(&item->talk);
    gl_free(item);
}

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    load_item *item = arg;
    load_driver *d = item->driver;
    load_outcome outcome;
    finished(item, result, &outcome);
    judge(item, result, &outcome);
    load_recorder_ended(d->recorder, &outcome);
    load_faults_add(&d->recorder->faults, result);
    load_recorder_opened(d->recorder, result);
    d->live--;
    if (d->plan.ended != NULL) d->plan.ended(d->plan.ended_arg, item->number, &outcome, result);
    bool on = talk_goes_on(d, item, result, &outcome);
    if (item->think != NULL)
        user_goes_on(item);
    else if (!on)
        item_free(item);
    look_for_end(d);
}

/* false: out of memory. */
static bool send_one(load_driver *d, load_item *item, gl_time intended)
{
    static const glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                               .on_result = on_result };
    load_question *asked = &item->asked;
    bool later = item->talk.turns > 0; /* a further turn of a conversation */
    load_pick pick = later ? (load_pick){ 0 } : load_mix_next(d->mix);
    glimpse_options options;
    glimpse_options_init(&options);
    options.stream = d->plan.stream;
    options.arrivals = true;
    *asked = (load_question){ 0 };
    if (d->plan.workload != NULL)
        load_workload_question(
            d->plan.workload, pick.number,
            d->plan.trace != NULL ? load_trace_row_of(d->plan.trace, (size_t)d->issued) : NULL,
            d->talks ? &item->talk : NULL, asked);
    else
        d->plan.question(d->plan.question_arg, pick.number, asked);
    item->repeated = pick.repeated;
    item->sent = gl_clock_now();
    item->intended = d->plan.open ? intended : item->sent;
    glimpse_error error =
        asked->raw
            ? glimpse_submit_chat(d->engine, &asked->chat, &options, &observer, item, NULL)
            : glimpse_submit_draft(d->engine, &asked->draft, &options, &observer, item, NULL);
    if (error != GLIMPSE_OK) return false;
    load_recorder_issued(d->recorder, item->intended);
    item->number = ++d->issued;
    d->live++;
    return true;
}

/* --- open ------------------------------------------------------------------------------------- */

static void send_due(load_driver *d)
{
    for (int sent = 0; sent < SENDS_A_TURN && may_send(d) && d->next != GL_TIME_NEVER; sent++) {
        gl_time intended = d->start + d->next;
        if (intended > gl_clock_now()) break;
        load_item *item = gl_calloc(1, sizeof *item);
        if (item != NULL) item->driver = d;
        if (item == NULL || !send_one(d, item, intended)) {
            item_free(item);
            d->stopped = true;
            break;
        }
        gl_time last = d->next;
        d->next = next_time(d);
        if (d->plan.duration != 0 && d->next >= d->plan.duration) d->next = GL_TIME_NEVER;
        /* When a count bounds the run, the schedule lasts until one more request would be due. */
        if (!may_send(d))
            load_recorder_over(d->recorder, d->start + (d->next != GL_TIME_NEVER ? d->next : last));
    }
    if (may_send(d) && d->next != GL_TIME_NEVER) arm(d->timer, d->start + d->next);
    look_for_end(d);
}

/* --- closed ----------------------------------------------------------------------------------- */

static void user_sends(load_item *user)
{
    load_driver *d = user->driver;
    if (!may_send(d) || (d->plan.per_user != 0 && user->left == 0)) return;
    if (user->left > 0) user->left--;
    if (!send_one(d, user, 0)) d->stopped = true;
}

static void thought(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    load_item *user = arg;
    user->driver->live--;
    user_sends(user);
    look_for_end(user->driver);
}

static void user_goes_on(load_item *user)
{
    load_driver *d = user->driver;
    if (d->plan.think == 0) {
        user_sends(user);
        return;
    }
    if (!may_send(d)) return;
    d->live++;
    arm(user->think, gl_clock_now() + d->plan.think);
}

/* Lets one user begin in each turn of the loop. If all sent in one turn, each would wait in the
 * client until the connections of the others are open, 0.1 ms each, and its latency would have that
 * wait. */
static void begin_user(load_driver *d)
{
    if (d->begun < d->plan.users) user_sends(&d->users[d->begun++]);
    if (d->begun < d->plan.users && may_send(d)) arm(d->timer, 0);
    look_for_end(d);
}

static void begin(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    load_driver *d = arg;
    if (d->plan.open)
        send_due(d);
    else
        begin_user(d);
}

static void stop_at_the_end(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    load_driver_stop(arg);
}

static void over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    load_driver *d = arg;
    event_del(d->finish);
    if (d->ended != NULL) d->ended(d->arg);
}

/* --- life ------------------------------------------------------------------------------------- */

static bool make_users(load_driver *d)
{
    d->users = gl_calloc((size_t)d->plan.users, sizeof *d->users);
    if (d->users == NULL) return false;
    for (uint64_t i = 0; i < d->plan.users; i++) {
        load_item *user = &d->users[i];
        user->driver = d;
        user->left = d->plan.per_user;
        user->think = evtimer_new(d->base, thought, user);
        if (user->think == NULL) return false;
    }
    return true;
}

load_driver *load_driver_new(struct event_base *base, glimpse_engine *engine, const load_plan *plan,
                             load_mix *mix, load_recorder *recorder)
{
    load_driver *d = gl_calloc(1, sizeof *d);
    if (d == NULL) return NULL;
    d->base = base;
    d->engine = engine;
    d->plan = *plan;
    d->mix = mix;
    d->recorder = recorder;
    d->talks = plan->workload != NULL && load_workload_talks(plan->workload);
    d->timer = evtimer_new(base, begin, d);
    d->finish = evtimer_new(base, stop_at_the_end, d);
    d->over = event_new(base, -1, 0, over, d);
    if (d->timer == NULL || d->finish == NULL || d->over == NULL ||
        (!plan->open && !make_users(d))) {
        load_driver_free(d);
        return NULL;
    }
    return d;
}

void load_driver_start(load_driver *driver, gl_time start, void (*ended)(void *arg), void *arg)
{
    load_driver *d = driver;
    d->start = start;
    d->ended = ended;
    d->arg = arg;
    if (d->plan.open) d->next = next_time(d);
    if (d->plan.duration != 0 && !d->plan.open) arm(d->finish, start + d->plan.duration);
    arm(d->timer, start + (d->plan.open && d->next != GL_TIME_NEVER ? d->next : 0));
}

void load_driver_stop(load_driver *driver)
{
    load_driver *d = driver;
    if (d->stopped) return;
    d->stopped = true;
    load_recorder_over(d->recorder, gl_clock_now());
    event_del(d->timer);
    if (d->users != NULL)
        for (uint64_t i = 0; i < d->plan.users; i++)
            if (evtimer_pending(d->users[i].think, NULL)) {
                event_del(d->users[i].think);
                d->live--;
            }
    look_for_end(d);
}

void load_driver_free(load_driver *driver)
{
    load_driver *d = driver;
    if (d == NULL) return;
    struct event *events[] = { d->timer, d->finish, d->over };
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i] != NULL) event_free(events[i]);
    if (d->users != NULL)
        for (uint64_t i = 0; i < d->plan.users; i++) {
            if (d->users[i].think != NULL) event_free(d->users[i].think);
            load_talk_free(&d->users[i].talk);
        }
    gl_free(d->users);
    gl_free(d);
}
