/* http_rig.h - a loop, the scripted server and a gl_http against it; calls that note all they see.
 */
#ifndef HTTP_RIG_H
#define HTTP_RIG_H

#include <event2/event.h>

#include "fault_server.h"
#include "openai/http.h"

typedef struct http_rig {
    struct event_base *base;
    gl_loop *loop;
    fault_server *server;
    gl_http *http;
    size_t done, live_before;
    size_t connected, sent; /* reports of progress, all calls */
} http_rig;

typedef struct http_call http_call;
struct http_call {
    http_rig *rig;
    gl_transfer *transfer;
    int done; /* times */
    glimpse_error error;
    int status;
    bool reused;
    char message[300];
    char *body;
    size_t body_len;
    char retry_after[40], request_id[40], content_type[40];
    int openings; /* times that it was told of one */
    glimpse_opening opening;
    int progress[4]; /* by glimpse_progress */
    glimpse_progress order[4];
    int order_len;
    void (*then)(http_call *call); /* from inside done */
};

void http_rig_init(http_rig *rig);
/* The default configuration: this server, HTTP/1.1, a limit of 1 MiB. */
gl_http_config http_rig_config(const http_rig *rig, char *url, size_t size);
void http_rig_open(http_rig *rig, const gl_http_config *config); /* NULL: the default */
/* Closes all, turns the loop once more, and checks that no allocation is left. */
void http_rig_end(http_rig *rig);

void http_call_start(http_rig *rig, http_call *call, const char *path, const char *body);
void http_call_free(http_call *call);

/* Runs the loop until *count reaches target; fails the test after 20 s. */
void http_rig_run(http_rig *rig, const size_t *count, size_t target);
/* Runs the loop until the server has had so many requests. */
void http_rig_run_requests(http_rig *rig, size_t target);
/* Runs the loop for this long. */
void http_rig_pass(http_rig *rig, int ms);
/* Start, run, and it has ended. */
void http_call_run(http_rig *rig, http_call *call, const char *path, const char *body);

/* A port of 127.0.0.1 that nobody listens on, until *fd is closed. */
int http_rig_closed_port(int *fd);

/* Threads of this process now. */
size_t http_rig_threads(void);

#endif
