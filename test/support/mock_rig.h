/*
 * mock_rig.h - the mock server in this process, on one loop with plain sockets as clients. Nothing
 * here sleeps: a test turns the loop until what it waits for has come. What goes wrong fails the
 * test. Include after cmocka.h.
 */
#ifndef TEST_MOCK_RIG_H
#define TEST_MOCK_RIG_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "mock/mock.h"

#define MOCK_RIG_CHAT                                                                              \
    "{\"model\":\"m-1\",\"messages\":[{\"role\":\"user\",\"content\":\"Summarize this.\\n\\nCats " \
    "sleep a lot. Dogs do not.\"}]}"

typedef struct mock_rig {
    struct event_base *base;
    mock_server *server;
    size_t live;
} mock_rig;

typedef struct mock_client {
    struct event_base *base;
    struct event *event;
    int fd;
    char *got; /* NUL terminated */
    size_t len, capacity;
    bool ended, reset;
} mock_client;

/* A server with these options on a base with a precise timer. Closing it checks that no allocation
 * is left. */
void mock_rig_open_with(mock_rig *w, const mock_options *options);
void mock_rig_open(mock_rig *w, const char *latency, const char *fault);
void mock_rig_close(mock_rig *w);

mock_client *mock_rig_connect(mock_rig *w);
/* A client of another server of this process. */
mock_client *mock_client_open(struct event_base *base, int port);
void mock_client_close(mock_client *c);

/* Sends all of it, turning the loop when the socket is full. */
void mock_client_send(mock_client *c, const char *data, size_t len);
void mock_client_send_text(mock_client *c, const char *text);

/* Sends a POST; headers ("a: b\r\n", may be "") go with it. */
void mock_client_post_with(mock_client *c, const char *path, const char *headers, const char *body);
void mock_client_post(mock_client *c, const char *path, const char *body);

/* How often the text came so far. */
size_t mock_client_count(const mock_client *c, const char *what);

/* Turns the loop until the text came this often; until the connection ended. */
void mock_client_wait(mock_client *c, const char *what, size_t times);
void mock_client_wait_end(mock_client *c);

/* The JSON body of the last answer that came. */
gl_json mock_client_body(const mock_client *c);

/* A whole number, which must be there. */
int64_t mock_rig_number(gl_json object, const char *name);

/* One number of the statistics, asked on a connection of its own. group may be NULL; 0 when it is
 * not there. */
int64_t mock_rig_stat(mock_rig *w, const char *group, const char *name);

#endif
